import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Spool } from '#libs/durable';

import { newCaller, newSid, TestHub, type TestTenant } from '../hub.js';

/** A batch takes eight. */
const MANY = 16;

describe('what one tenant has on the disk', () => {
  let hub: TestHub;
  let tenant: TestTenant;

  beforeAll(async () => {
    hub = await TestHub.start();
    tenant = await hub.tenant({ aiEnabled: false });
  });
  afterAll(() => hub.stop());

  const text = async (
    from: string,
    Body: string,
    { MessageSid = newSid('SM'), To = tenant.number }: { MessageSid?: string; To?: string } = {},
  ): Promise<string> => {
    const params = { MessageSid, From: from, To, Body };
    expect((await hub.webhook('/webhooks/twilio/sms', params)).status).toBe(200);
    return MessageSid;
  };

  const whileAway = async (work: () => Promise<unknown>): Promise<void> => {
    await hub.database.open(false);
    try {
      await work();
    } finally {
      await hub.database.open(true);
    }
  };

  const isDrained = (): Promise<unknown> =>
    hub.eventually(async () => hub.app.get(Spool).size.records === 0, 15_000);

  const verdicts = (sids: readonly string[]): Promise<unknown[]> =>
    hub.database.query('select sid, verdict from webhook_events where sid = any($1) order by verdict', [
      sids,
    ]);

  const bodies = async (like: string): Promise<unknown[]> =>
    (await hub.database.query('select body from messages where body like $1 order by body', [like])).map(
      ({ body }) => body,
    );

  it('comes in few transactions', async () => {
    const sids: string[] = [];
    await whileAway(async () => {
      for (let one = 0; one < MANY; one += 1) sids.push(await text(newCaller(), `together ${one}`));
    });
    await isDrained();
    expect(await bodies('together %')).toHaveLength(MANY);
    const [row] = await hub.database.query(
      'select count(distinct xmin::text)::int as transactions from webhook_events where sid = any($1)',
      [sids],
    );
    expect(row?.['transactions']).toBeLessThanOrEqual(MANY / 4);
  }, 30_000);

  it('comes all the same where one of it is there already, and another is about a text of somebody else', async () => {
    const from = newCaller();
    await hub.call(from, tenant.number, { behaviour: 'busy' });
    const callback = await hub.callbackUrl(from);
    const foreign = newSid('SM');
    const claim = { MessageSid: foreign, MessageStatus: 'failed', To: from, From: tenant.number };
    const [first, twice, last] = [newCaller(), newCaller(), newCaller()];
    const sids: string[] = [];
    await whileAway(async () => {
      sids.push(await text(first, 'mixed 1'));
      sids.push(await text(twice, 'mixed 2'));
      await text(twice, 'mixed 2', { MessageSid: sids[1] ?? '' });
      expect((await hub.webhook(callback, claim)).status).toBe(200);
      sids.push(await text(last, 'mixed 3'));
    });
    await isDrained();
    expect(await bodies('mixed %')).toEqual(['mixed 1', 'mixed 2', 'mixed 3']);
    expect(await verdicts([...sids, foreign])).toEqual([
      ...sids.map(() => ({ sid: expect.any(String), verdict: 'applied' })),
      { sid: foreign, verdict: 'dropped' },
    ]);
  }, 40_000);

  it('comes but for what somebody else has locked, and that when it is free', async () => {
    const held = newCaller();
    await text(held, 'known');
    await hub.eventually(async () => (await bodies('known')).length === 1);
    await whileAway(async () => {
      await text(newCaller(), 'locked 1');
      await text(held, 'locked 2');
      await text(newCaller(), 'locked 3');
      await hub.database.query('begin');
      await hub.database.query('select 1 from contacts where number = $1 for update', [held]);
    });
    await hub.eventually(async () => (await bodies('locked %')).length === 2, 15_000);
    expect(await bodies('locked %')).toEqual(['locked 1', 'locked 3']);
    await hub.database.query('commit');
    await isDrained();
    expect(await bodies('locked %')).toEqual(['locked 1', 'locked 2', 'locked 3']);
  }, 40_000);

  it('lets what others have pass while it is held up', async () => {
    const held = newCaller();
    const other = await hub.tenant({ aiEnabled: false });
    await text(held, 'known well');
    await hub.eventually(async () => (await bodies('known well')).length === 1);
    await whileAway(async () => {
      for (let one = 0; one < MANY / 2; one += 1) await text(held, `stuck ${one}`);
      await text(newCaller(), 'passing', { To: other.number });
      await hub.database.query('begin');
      await hub.database.query('select 1 from contacts where number = $1 for update', [held]);
    });
    await hub.eventually(async () => (await bodies('passing')).length === 1, 8_000);
    expect(await bodies('stuck %')).toEqual([]);
    await hub.database.query('commit');
    await isDrained();
    expect(await bodies('stuck %')).toHaveLength(MANY / 2);
  }, 60_000);
});

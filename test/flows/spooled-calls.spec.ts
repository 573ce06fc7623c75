import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Inbox, keyOf, Spool } from '#libs/durable';
import { Db, pause } from '#libs/platform';
import { GapImport } from '#libs/twilio';

import { Calls } from '../calls.js';
import { ACCOUNT, newCaller, newSid, TestHub, type TestTenant } from '../hub.js';
import { happened } from '../lists.js';

/** Longer than a sweep comes round, or than evidence is waited for. */
const A_WHILE_MS = 7_500;

describe('a call of which words wait on a disk', () => {
  let hub: TestHub;
  let tenant: TestTenant;
  let calls: Calls;

  beforeAll(async () => {
    hub = await TestHub.start();
    tenant = await hub.tenant({ aiEnabled: false, textBackCooldownMinutes: 0 });
    calls = new Calls(hub, tenant);
    await hub.database.query(`
      create function not_now() returns trigger language plpgsql as
        $$ begin raise exception 'not now' using errcode = '57014'; end $$`);
    await hub.database.query(`update phone_numbers set created_at = created_at - interval '1 hour'`);
  });
  afterAll(() => hub.stop());

  /** The database does not take these events, and all else. */
  const whileNotTaken = async (events: string, work: () => Promise<unknown>): Promise<void> => {
    await hub.database.query(
      `create trigger not_now before insert on webhook_events for each row when (${events}) execute function not_now()`,
    );
    try {
      await work();
    } finally {
      await hub.eventually(dropped, 15_000);
    }
  };

  /** To drop a trigger takes locks on every partition, which those who insert may have: then it is tried again. */
  const dropped = (): Promise<boolean> =>
    hub.database.query('drop trigger not_now on webhook_events').then(
      () => true,
      (error: unknown) => {
        if (error instanceof Error && error.message === 'deadlock detected') return false;
        throw error;
      },
    );

  const isOverdue = (callSid: string, minutes = 1): Promise<unknown> =>
    hub.database.query(
      'update calls set judge_at = clock_timestamp() - make_interval(mins => $2) where call_sid = $1',
      [callSid, minutes],
    );

  const answeredAfterAll = async (from: string): Promise<void> => {
    await hub.eventually(async () => (await calls.shown(from))?.outcome === 'answered');
    expect(hub.sandbox.textsTo(from)).toEqual([]);
  };

  it('is not swept before they are heard', async () => {
    const [from, sid] = [newCaller(), newSid('CA')];
    const urls = await calls.incoming(sid, from);
    await whileNotTaken(`new.kind = 'call.dial'`, async () => {
      await calls.action(from, sid, urls, 'completed');
      expect(hub.app.get(Spool).size.records).toBe(1);
      await isOverdue(sid);
      await pause(A_WHILE_MS);
    });
    await answeredAfterAll(from);
  }, 30_000);

  it('is not judged without the Dial action that is one of them', async () => {
    const [from, sid] = [newCaller(), newSid('CA')];
    const urls = await calls.incoming(sid, from);
    await whileNotTaken(`new.kind = 'call.dial'`, async () => {
      await calls.action(from, sid, urls, 'completed');
      await calls.final(from, sid, 'completed', 21);
      await pause(A_WHILE_MS);
    });
    await answeredAfterAll(from);
  }, 30_000);

  it('is swept all the same when they are not heard for ten minutes', async () => {
    const [from, sid] = [newCaller(), newSid('CA')];
    const urls = await calls.incoming(sid, from);
    await whileNotTaken(`new.kind = 'call.dial'`, async () => {
      await calls.action(from, sid, urls, 'completed');
      await isOverdue(sid, 11);
      await hub.eventually(async () => (await calls.shown(from))?.outcome === 'missed');
    });
  }, 30_000);

  it('is not imported without them: it may have been refused, or told otherwise', async () => {
    const [from, sid] = [newCaller(), newSid('CA')];
    const own = `new.kind like 'call.%' and new.context ->> 'plan' is distinct from 'unattended'`;
    await whileNotTaken(own, async () => {
      const urls = await calls.incoming(sid, from);
      await calls.action(from, sid, urls, 'completed');
      const listed = { sid, from, to: tenant.number, status: 'completed', durationSeconds: 40 };
      await fetch(`${hub.sandbox.url}/sandbox/known`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ calls: [listed] }),
      });
      happened(hub, sid, 1);
      await hub.app.get(GapImport).run(ACCOUNT.accountSid);
      expect(await calls.shown(from)).toBeUndefined();
    });
    await answeredAfterAll(from);
    await hub.app.get(GapImport).run(ACCOUNT.accountSid);
    expect((await calls.shown(from))?.outcome).toBe('answered');
  }, 30_000);

  it('is imported soon after them, also while a long list of texts is read', async () => {
    const [from, sid, other, missed] = [newCaller(), newSid('CA'), newCaller(), newSid('CA')];
    const urls = await calls.incoming(sid, from);
    const post = { method: 'POST', headers: { 'content-type': 'application/json' } };
    const listed = { sid: missed, from: other, to: tenant.number, status: 'no-answer' };
    const slow = { on: 'messages.list', answer: 'none', delayMs: 15_000, times: 1 };
    await fetch(`${hub.sandbox.url}/sandbox/known`, { ...post, body: JSON.stringify({ calls: [listed] }) });
    await fetch(`${hub.sandbox.url}/sandbox/faults`, { ...post, body: JSON.stringify(slow) });
    happened(hub, missed, 1);
    let isOver = false;
    let running: Promise<unknown> = Promise.resolve();
    await whileNotTaken(`new.kind = 'call.dial'`, async () => {
      await calls.action(from, sid, urls, 'completed');
      running = hub.app
        .get(GapImport)
        .run(ACCOUNT.accountSid)
        .finally(() => (isOver = true));
      await pause(1_000);
      expect(await calls.shown(other)).toBeUndefined();
    });
    await hub.eventually(async () => (await calls.shown(other))?.outcome === 'missed');
    expect(isOver).toBe(false);
    await running;
  }, 40_000);

  it("is not judged while another host's disk may still be read after an outage, and a newer one is", async () => {
    const [from, sid, silent, newer] = [newCaller(), newSid('CA'), newCaller(), newSid('CA')];
    const ended = newSid('CA');
    await calls.incoming(sid, from);
    await calls.incoming(ended, silent);
    await calls.final(silent, ended, 'completed', 21);
    const db = hub.app.get(Db);
    await hub.database.open(false);
    await hub.eventually(() => Promise.resolve(db.away), 30_000);
    await pause(10_000);
    await hub.database.open(true);
    await hub.eventually(() => Promise.resolve(!db.away), 30_000);
    await isOverdue(sid, 60);
    const after = newCaller();
    await calls.incoming(newer, after);
    await calls.final(after, newer, 'completed', 21);
    await hub.eventually(async () => (await calls.shown(after))?.outcome === 'missed');
    await pause(A_WHILE_MS);
    for (const callSid of [sid, ended])
      await hub.app.get(Inbox).accept(
        {
          key: keyOf(ACCOUNT.accountSid, { kind: 'call.dial', sid: callSid, step: '' }),
          kind: 'call.dial',
          sid: callSid,
          accountSid: ACCOUNT.accountSid,
          tenantId: tenant.id,
          params: { CallSid: callSid, DialCallStatus: 'completed', DialBridged: 'true' },
          context: { phoneNumberId: tenant.phoneNumberId, screening: 'none', callSid },
          answer: '<Response/>',
          ageMs: 20_000,
        },
        'nobody',
      );
    await answeredAfterAll(from);
    await answeredAfterAll(silent);
  }, 90_000);

  it('is kept a moment after the database is back, which callers have to themselves until then', async () => {
    const [db, spool] = [hub.app.get(Db), hub.app.get(Spool)];
    await hub.database.open(false);
    try {
      await calls.incoming(newSid('CA'), newCaller());
      await hub.eventually(async () => db.away && db.awayForMs > 1_500);
    } finally {
      await hub.database.open(true);
    }
    await hub.eventually(async () => spool.size.records === 0, 15_000);
    expect(db.backForMs).toBeGreaterThan(1_500);
  }, 30_000);
});

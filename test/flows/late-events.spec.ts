import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Inbox, Snapshot, Spool } from '#libs/durable';
import { Log, Metrics, pause } from '#libs/platform';

import { ACCOUNT, newCaller, newSid, TestHub, type TestTenant } from '../hub.js';

interface Letter {
  readonly id: string;
  readonly kind: string;
  readonly error: string;
}

describe('events that come late', () => {
  let hub: TestHub;
  let tenant: TestTenant;

  beforeAll(async () => {
    hub = await TestHub.start();
    tenant = await hub.tenant({ aiEnabled: false });
  });
  afterAll(() => hub.stop());

  const texts = (from: string, Body: string, MessageSid = newSid('SM')): Promise<{ status: number }> =>
    hub.webhook('/webhooks/twilio/sms', { MessageSid, From: from, To: tenant.number, Body });

  const isDrained = (): Promise<unknown> =>
    hub.eventually(async () => hub.app.get(Spool).size.records === 0, 15_000);

  const duringOutage = async (work: () => Promise<unknown>): Promise<void> => {
    await hub.database.open(false);
    try {
      await work();
    } finally {
      await hub.database.open(true);
    }
    await isDrained();
  };

  it('that nobody can apply become dead letters, and hold nobody up', async () => {
    await hub.database.query(`
      create function refuse_poison() returns trigger language plpgsql as
        $$ begin if new.body = 'poison' then raise exception 'poisoned'; end if; return new; end $$`);
    await hub.database.query(
      'create trigger poison before insert on messages for each row execute function refuse_poison()',
    );
    const sid = newSid('SM');
    await duringOutage(async () => {
      expect((await texts(newCaller(), 'before')).status).toBe(200);
      expect((await texts(newCaller(), 'poison', sid)).status).toBe(200);
      expect((await texts(newCaller(), 'behind')).status).toBe(200);
    });
    const kept = `select body from messages where direction = 'inbound' order by body`;
    expect(await hub.database.query(kept)).toEqual([{ body: 'before' }, { body: 'behind' }]);
    const letters = await hub.get<{ data: Letter[] }>('/v1/dead-letters', tenant.key);
    expect(letters.body.data).toEqual([
      expect.objectContaining({ kind: 'webhook-event', error: expect.stringContaining('poisoned') }),
    ]);
    await hub.database.query('drop trigger poison on messages');
    const replayed = `/v1/dead-letters/${letters.body.data[0]?.id ?? ''}/replay`;
    expect((await hub.post(replayed, {}, tenant.key)).status).toBe(204);
    expect(await hub.database.query('select 1 from messages where message_sid = $1', [sid])).toHaveLength(1);
  }, 40_000);

  it('that the database gives up on wait as long as it takes nothing else, and become dead letters when it does', async () => {
    await hub.database.query(`
      create function time_out() returns trigger language plpgsql as $$ begin
        if new.body = 'times out' then raise exception 'too slow' using errcode = '57014'; end if; return new; end $$`);
    await hub.database.query(
      'create trigger timing before insert on messages for each row execute function time_out()',
    );
    const sid = newSid('SM');
    const verdict = async (): Promise<unknown> =>
      (await hub.database.query('select verdict from webhook_events where sid = $1', [sid]))[0]?.['verdict'];
    const errors = jest.spyOn(hub.app.get(Log), 'error');
    expect((await texts(newCaller(), 'times out', sid)).status).toBe(200);
    await pause(7_000);
    expect([await verdict(), hub.app.get(Spool).size.records]).toEqual([undefined, 1]);
    await hub.database.open(false);
    expect((await texts(newCaller(), 'in a newer segment')).status).toBe(200);
    await hub.database.open(true);
    const newer = `select 1 from messages where body = 'in a newer segment'`;
    await hub.eventually(async () => (await hub.database.query(newer)).length === 1);
    expect([await verdict(), hub.app.get(Spool).size.records]).toEqual([undefined, 1]);
    await hub.eventually(async () => {
      await texts(newCaller(), 'passes');
      return (await verdict()) === 'failed';
    }, 40_000);
    const why = expect.stringMatching(/^the database took others, \d+ times, and not this one$/);
    const which = expect.objectContaining({ kind: 'sms.incoming', sid, key: expect.stringContaining(sid) });
    expect(errors).toHaveBeenCalledWith('an event could not be applied and is kept as failed', why, which);
    errors.mockRestore();
    await hub.database.query('drop trigger timing on messages');
  }, 70_000);

  it('about a text of somebody else are recorded and dropped', async () => {
    const from = newCaller();
    await hub.call(from, tenant.number, { behaviour: 'busy' });
    const callback = await hub.callbackUrl(from);
    const foreign = newSid('SM');
    const claim = { MessageSid: foreign, MessageStatus: 'failed', To: from, From: tenant.number };
    await duringOutage(async () => {
      expect((await hub.webhook(callback, claim)).status).toBe(200);
    });
    expect(await hub.database.query('select verdict from webhook_events where sid = $1', [foreign])).toEqual([
      { verdict: 'dropped' },
    ]);
    expect((await hub.webhook(callback, { ...claim, MessageSid: newSid('SM') })).status).toBe(403);
  }, 40_000);

  /** A busy machine may have answered a text from the disk, before it was applied. */
  const optedOut = async (from: string): Promise<unknown> => {
    await isDrained();
    const [row] = await hub.database.query('select opted_out_at from contacts where number = $1', [from]);
    return row?.['opted_out_at'];
  };

  const earlier = (from: string, Body: string, minutes: number): Promise<unknown> => {
    const sid = newSid('SM');
    return hub.app.get(Inbox).keep({
      key: `${ACCOUNT.accountSid}/sms.incoming/${sid}/`,
      kind: 'sms.incoming',
      sid,
      accountSid: ACCOUNT.accountSid,
      tenantId: tenant.id,
      params: { MessageSid: sid, From: from, To: tenant.number, Body },
      context: { phoneNumberId: tenant.phoneNumberId },
      answer: '<Response/>',
      ageMs: minutes * 60_000,
    });
  };

  it('do not undo what the customer wished for afterwards', async () => {
    const from = newCaller();
    await texts(from, 'STOP');
    await earlier(from, 'START', 5);
    expect(await optedOut(from)).toBeInstanceOf(Date);
    await texts(from, 'START');
    await earlier(from, 'STOP', 5);
    expect(await optedOut(from)).toBeNull();
    await hub.database.query(`update consents set created_at = created_at - interval '1 hour'`);
    await earlier(from, 'STOP', 5);
    expect(await optedOut(from)).toBeInstanceOf(Date);
    await hub.database.query(`update consents set created_at = created_at - interval '1 hour'`);
    await texts(from, 'STOP');
    await earlier(from, 'START', 5);
    expect(await optedOut(from)).toBeInstanceOf(Date);
  });

  it('in the wrong order, an old START and a less old STOP, end with the STOP', async () => {
    const from = newCaller();
    await texts(from, 'STOP');
    await hub.database.query(`update consents set created_at = created_at - interval '1 hour'`);
    await earlier(from, 'START', 5);
    expect(await optedOut(from)).toBeNull();
    await earlier(from, 'STOP', 4);
    expect(await optedOut(from)).toBeInstanceOf(Date);
  });

  it('in the wrong order, a START between two STOPs, end with the second STOP', async () => {
    const from = newCaller();
    await earlier(from, 'STOP', 6);
    await hub.database.query(`update consents set created_at = created_at - interval '270 seconds'`);
    await earlier(from, 'STOP', 5);
    await earlier(from, 'START', 4);
    expect(await optedOut(from)).toBeInstanceOf(Date);
  });

  it('in the wrong order, a START that found nothing to undo and a STOP before it, end with the START', async () => {
    const from = newCaller();
    await earlier(from, 'START', 4);
    await earlier(from, 'STOP', 5);
    expect(await optedOut(from)).toBeNull();
    await texts(from, 'STOP');
    expect(await optedOut(from)).toBeInstanceOf(Date);
  });

  it('are answered in time while the database is slow, and count once', async () => {
    const [from, sid] = [newCaller(), newSid('SM')];
    let spooled = 2;
    /** Whoever else is served meanwhile says that the database is there: then five more wait in vain. */
    const needNotWait = async (): Promise<boolean> => {
      await Promise.all(Array.from({ length: 5 }, () => texts(newCaller(), 'waits in vain')));
      spooled += 6;
      const asked = performance.now();
      expect((await texts(newCaller(), 'need not wait')).status).toBe(200);
      return performance.now() - asked < 150;
    };
    await hub.database.query('begin');
    try {
      await hub.database.query('lock table webhook_keys in exclusive mode');
      const asked = performance.now();
      expect((await texts(from, 'behind a lock', sid)).status).toBe(200);
      expect(performance.now() - asked).toBeLessThan(450);
      expect((await texts(from, 'behind a lock', sid)).status).toBe(200);
      await hub.eventually(needNotWait);
      expect(hub.app.get(Spool).size.records).toBe(spooled);
    } finally {
      await hub.database.query('commit');
    }
    await isDrained();
    const kept = `select message_sid as sid from messages where body = 'behind a lock'`;
    expect(await hub.database.query(kept)).toEqual([{ sid }]);
  }, 30_000);

  it('take the road over the disk one time in a hundred when nothing is wrong', async () => {
    const onPurpose = async (): Promise<number> =>
      (await hub.app.get(Metrics).spooledEvents.get()).values
        .filter(({ labels }) => labels.because === 'on-purpose')
        .reduce((sum, { value }) => sum + value, 0);
    const before = await onPurpose();
    const froms = Array.from({ length: 200 }, () => newCaller());
    for (const from of froms) expect((await texts(from, 'one of many')).status).toBe(200);
    expect((await onPurpose()) - before).toBe(2);
    await isDrained();
    const kept = `select count(*)::int as count from messages where body = 'one of many'`;
    expect(await hub.database.query(kept)).toEqual([{ count: 200 }]);
  }, 60_000);
});

describe('the routing snapshot', () => {
  it('is read whole from a database that is younger than it, and forgets what that does not know', async () => {
    const hub = await TestHub.start();
    const [kept, gone] = [await hub.tenant(), await hub.tenant()];
    const incoming = (number: string): Promise<{ text: string }> =>
      hub.webhook('/webhooks/twilio/call', {
        CallSid: newSid('CA'),
        From: newCaller(),
        To: number,
        CallStatus: 'ringing',
      });
    await hub.database.query('delete from phone_numbers where id = $1', [gone.phoneNumberId]);
    const snapshot = hub.app.get(Snapshot);
    await snapshot.refresh();
    expect((await incoming(gone.number)).text).toContain('<Dial');
    Object.assign(snapshot, { since: '999999999999' });
    await snapshot.refresh();
    expect((await incoming(gone.number)).text).toContain('<Reject');
    expect((await incoming(kept.number)).text).toContain('<Dial');
    await hub.stop();
  });
});

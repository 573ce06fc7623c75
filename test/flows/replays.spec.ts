import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Inbox, type InboxEvent } from '#libs/durable';

import { Calls } from '../calls.js';
import { newCaller, newSid, TestHub, type TestTenant } from '../hub.js';

const MINUTE_MS = 60_000;

describe('an event that is applied long after it came', () => {
  let hub: TestHub;
  let tenant: TestTenant;

  beforeAll(async () => {
    hub = await TestHub.start();
    tenant = await hub.tenant({ aiEnabled: false, prefixTextBackCap: null });
  });
  afterAll(() => hub.stop());

  const accept = (
    event: Pick<InboxEvent, 'kind' | 'sid' | 'params'> & Partial<InboxEvent>,
  ): Promise<unknown> =>
    hub.app.get(Inbox).keep({
      key: `${tenant.accountSid}/${event.kind}/${event.sid}/`,
      accountSid: tenant.accountSid,
      tenantId: tenant.id,
      context: { phoneNumberId: tenant.phoneNumberId },
      answer: '<Response/>',
      ...event,
    });

  const texts = (From: string, Body: string, ageMs = 0): Promise<unknown> => {
    const sid = newSid('SM');
    const params = { MessageSid: sid, From, To: tenant.number, Body };
    return accept({ kind: 'sms.incoming', sid, params, ageMs });
  };

  /** What is written to a table is refused meanwhile, as a defect of ours would. */
  const whileRefused = async (table: string, work: () => Promise<unknown>): Promise<void> => {
    await hub.database.query(`
      create or replace function refuse() returns trigger language plpgsql as
        $$ begin raise exception 'refused for a test'; end $$`);
    await hub.database.query(
      `create trigger refused before insert or update on ${table} for each row execute function refuse()`,
    );
    await work();
    await hub.database.query(`drop trigger refused on ${table}`);
  };

  const replay = async (): Promise<void> => {
    const letters = await hub.get<{ data: { id: string }[] }>('/v1/dead-letters', tenant.key);
    const path = `/v1/dead-letters/${letters.body.data[0]?.id ?? ''}/replay`;
    expect((await hub.post(path, {}, tenant.key)).status).toBe(204);
  };

  it('as a replayed START does not undo the STOP that was texted after it', async () => {
    const from = newCaller();
    await whileRefused('messages', () => texts(from, 'START', 5 * MINUTE_MS));
    await texts(from, 'STOP');
    await replay();
    const optedOut = 'select opted_out_at is not null as "optedOut" from contacts where number = $1';
    expect(await hub.database.query(optedOut, [from])).toEqual([{ optedOut: true }]);
  });

  it('as a replayed end of a call gets the caller no text days later', async () => {
    const [from, sid] = [newCaller(), newSid('CA')];
    const caller = { CallSid: sid, From: from, To: tenant.number };
    const incoming = { ...caller, CallStatus: 'ringing' };
    await accept({ kind: 'call.incoming', sid, params: incoming, ageMs: 3 * 24 * 60 * MINUTE_MS });
    await whileRefused('calls', () =>
      accept({ kind: 'call.dial', sid, params: { ...caller, DialCallStatus: 'no-answer' } }),
    );
    await hub.database.query(
      `update webhook_events set came_at = came_at - interval '3 days' where verdict = 'failed'`,
    );
    await replay();
    const call = await new Calls(hub, tenant).settled(from);
    expect(call).toMatchObject({ outcome: 'missed', textBack: { sent: false, reason: 'too-late' } });
  });

  it('because its call was not known yet tells what was heard as of when it came', async () => {
    const [from, sid, leg] = [newCaller(), newSid('CA'), newSid('CA')];
    await accept({
      kind: 'call.status',
      sid,
      tenantId: null,
      context: {},
      params: { CallSid: leg, ParentCallSid: sid, CallStatus: 'ringing', From: from, To: '+14155550901' },
      ageMs: 20 * MINUTE_MS,
    });
    await new Calls(hub, tenant).incoming(sid, from);
    const heard = `select extract(epoch from clock_timestamp() - (value ->> 'at')::timestamptz)::float8 / 60 as minutes
      from calls, jsonb_each(evidence) where call_sid = $1 and key like 'leg:%'`;
    const minutes = await hub.eventually(
      async () => (await hub.database.query(heard, [sid]))[0]?.['minutes'],
    );
    expect(minutes).toBeGreaterThanOrEqual(20);
  });
});

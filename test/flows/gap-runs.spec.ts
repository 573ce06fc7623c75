import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GapImport } from '#libs/twilio';

import { Calls } from '../calls.js';
import { ACCOUNT, ADMIN_KEY, newCaller, newSid, TestHub, type TestTenant } from '../hub.js';
import { happened } from '../lists.js';
import { Sends } from '../sends.js';

describe("the reading of Twilio's lists", () => {
  let hub: TestHub;
  let tenant: TestTenant;
  let calls: Calls;

  beforeAll(async () => {
    hub = await TestHub.start();
    tenant = await hub.tenant({ aiEnabled: false });
    calls = new Calls(hub, tenant);
  });
  afterAll(() => hub.stop());

  /** Another process has an account's lists, and read them to their end some seconds ago. */
  const heldElsewhere = (accountSid: string, readSecondsAgo: number): Promise<unknown> =>
    hub.database.query(
      `update import_marks set held_by = gen_random_uuid(), held_until = clock_timestamp() + interval '1 hour',
         complete_until = clock_timestamp() - make_interval(secs => $2) where account_sid = $1`,
      [accountSid, readSecondsAgo],
    );

  const register = async (digit: string): Promise<{ accountSid: string; authToken: string }> => {
    const account = { accountSid: `AC${digit.repeat(32)}`, authToken: `token-of-account-${digit}` };
    await hub.post('/v1/twilio-accounts', account, ADMIN_KEY);
    await fetch(`${hub.sandbox.url}/sandbox/accounts/${account.accountSid}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ authToken: account.authToken }),
    });
    return account;
  };

  const know = (call: Readonly<Record<string, unknown>>): Promise<Response> =>
    fetch(`${hub.sandbox.url}/sandbox/known`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ calls: [call] }),
    });

  it('sweeps no call before the lists of its account were read, by it or by another process', async () => {
    const account = await register('3');
    const theirs = await hub.tenant({}, account.accountSid);
    const [sid, other] = [newSid('CA'), newSid('CA')];
    const came = { CallSid: sid, From: newCaller(), To: theirs.number, CallStatus: 'ringing' };
    await hub.webhook('/webhooks/twilio/call', came, account);
    await calls.incoming(other, newCaller());
    const statusOf = async (callSid: string): Promise<unknown> =>
      (await hub.database.query('select status from calls where call_sid = $1', [callSid]))[0]?.['status'];
    for (const each of [sid, other]) await hub.eventually(async () => (await statusOf(each)) === 'ringing');
    const gaps = hub.app.get(GapImport);
    await hub.database.query(`insert into import_marks (account_sid, kind, complete_until)
      select account_sid, kind, created_at from twilio_accounts, unnest(array['messages', 'calls']) kind
      on conflict do nothing`);
    await heldElsewhere(account.accountSid, 3_600);
    for (let nth = 1; nth <= 3; nth += 1) await gaps.run(account.accountSid);
    await hub.database.query(
      `update calls set judge_at = clock_timestamp() - interval '1 minute' where call_sid = any($1)`,
      [[sid, other]],
    );
    await hub.eventually(async () => (await statusOf(other)) === 'ended');
    expect(await statusOf(sid)).toBe('ringing');
    await heldElsewhere(account.accountSid, 0);
    await gaps.run(account.accountSid);
    await hub.eventually(async () => (await statusOf(sid)) === 'ended');
  });

  it('leaves alone, when it sweeps, a call that Twilio says is not over', async () => {
    const [from, sid] = [newCaller(), newSid('CA')];
    await calls.incoming(sid, from);
    await hub.eventually(async () => (await calls.shown(from)) !== undefined);
    await know({ sid, from, to: tenant.number, status: 'in-progress' });
    await hub.app.get(GapImport).run(ACCOUNT.accountSid);
    const [call] = await hub.database.query(
      `select extract(epoch from judge_at - clock_timestamp()) as seconds from calls where call_sid = $1`,
      [sid],
    );
    expect(Number(call?.['seconds'])).toBeGreaterThan(600);
  });

  it('leaves a call that has just ended to its own webhooks, for half a minute', async () => {
    await hub.database.query(`update phone_numbers set created_at = created_at - interval '1 hour'`);
    const call = { sid: newSid('CA'), from: newCaller(), to: tenant.number };
    await know({ ...call, status: 'no-answer' });
    const rows = async (): Promise<number> => {
      await hub.app.get(GapImport).run(ACCOUNT.accountSid);
      return (await hub.database.query('select 1 from calls where call_sid = $1', [call.sid])).length;
    };
    happened(hub, call.sid, 25 / 60);
    expect(await rows()).toBe(0);
    happened(hub, call.sid, 10 / 60);
    expect(await rows()).toBe(1);
  });

  it('has a list that hangs keep no other account waiting', async () => {
    const bodies: string[] = [];
    for (const digit of ['4', '5']) {
      const { number } = await hub.tenant({}, (await register(digit)).accountSid);
      const url = hub.sandbox.hubUrl;
      hub.sandbox.hubUrl = 'http://localhost:1';
      bodies.push(`missed of account ${digit}`);
      await hub.text(newCaller(), number, bodies.at(-1) ?? '');
      hub.sandbox.hubUrl = url;
    }
    await fetch(`${hub.sandbox.url}/sandbox/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ on: 'messages.list', answer: 'none', delayMs: 6_000, times: 1 }),
    });
    const count = async (): Promise<number> =>
      (await hub.database.query('select 1 from messages where body = any($1)', [bodies])).length;
    hub.app.get(GapImport).tick();
    await hub.eventually(async () => (await count()) >= 1, 4_000);
    const lease =
      'select max(extract(epoch from held_until - clock_timestamp())) as seconds from import_marks';
    const [held] = await hub.database.query(
      lease + ` where held_until < clock_timestamp() + interval '59 minutes'`,
    );
    expect(Number(held?.['seconds'])).toBeGreaterThan(0);
    expect(Number(held?.['seconds'])).toBeLessThan(31);
    await hub.eventually(async () => (await count()) === 2);
  });

  it('asks for the end of a text that is too old for the list, and of none that is older than a day', async () => {
    const sends = new Sends(hub, tenant);
    await sends.fault({ on: 'messages.callback', answer: 'drop', share: 1 });
    const statuses = async (minutes: number): Promise<unknown> => {
      const id = await sends.write('+16505550003'); // its handset is off
      await sends.becomes(id, 'accepted');
      const { messageSid } = await sends.shown(id);
      const isOver = (): boolean =>
        hub.sandbox.ledger
          .entries()
          .some(
            (one) =>
              one.kind === 'message-status' && one.messageSid === messageSid && one.status === 'undelivered',
          );
      await hub.eventually(() => Promise.resolve(isOver()));
      happened(hub, String(messageSid), minutes);
      await hub.database.query(
        `update messages set sent_at = sent_at - make_interval(mins => $2) where id = $1`,
        [id, minutes],
      );
      await hub.app.get(GapImport).run(ACCOUNT.accountSid);
      const { status, errorCode } = await sends.shown(id);
      return [status, errorCode];
    };
    expect(await statuses(30)).toEqual(['undelivered', '30003']);
    expect(await statuses(25 * 60)).toEqual(['accepted', null]);
    await sends.mend();
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { Calls } from '../calls.js';
import { ADMIN_KEY, newCaller, newSid, TestHub, type TestTenant } from '../hub.js';

const permutations = <T>(items: readonly T[]): T[][] =>
  items.length === 0
    ? [[]]
    : items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));

describe('the outcome of a call', () => {
  let hub: TestHub;
  let tenant: TestTenant;
  let screened: TestTenant;
  let calls: Calls;
  let screenedCalls: Calls;

  beforeAll(async () => {
    hub = await TestHub.start();
    tenant = await hub.tenant({ prefixTextBackCap: null });
    screened = await hub.tenant({ screening: 'keypress' });
    calls = new Calls(hub, tenant);
    screenedCalls = new Calls(hub, screened);
  });
  afterAll(() => hub.stop());

  it.each(
    permutations(['leg', 'action', 'final'] as const).map((order) => [order.join(', '), order] as const),
  )('is the same when its callbacks come as %s', async (_, order) => {
    const from = newCaller();
    const callSid = newSid('CA');
    const callbacks = calls.unanswered(from, callSid, await calls.incoming(callSid, from));
    for (const name of order) await callbacks[name]();
    const missed = {
      status: 'ended',
      outcome: 'missed',
      missedReason: 'no-answer',
      textBack: { sent: true },
    };
    expect(await calls.settled(from)).toMatchObject(missed);
    await hub.eventually(async () => hub.sandbox.textsTo(from).length === 1);
  });

  it('is judged from its statuses when no Dial action comes', async () => {
    const from = newCaller();
    const callSid = newSid('CA');
    await calls.incoming(callSid, from);
    await calls.final(from, callSid, 'no-answer', 9);
    expect((await calls.shown(from))?.outcome).toBeNull();
    const missed = { outcome: 'missed', missedReason: 'abandoned', textBack: { sent: true } };
    expect(await calls.settled(from)).toMatchObject(missed);
  });

  it.each(['ringing', 'initiated'])(
    'is judged as soon although a leg that was %s is heard of last',
    async (late) => {
      const from = newCaller();
      const callSid = newSid('CA');
      const { leg } = await calls.incoming(callSid, from);
      await calls.final(from, callSid, 'no-answer', 21);
      const rings = { CallSid: newSid('CA'), ParentCallSid: callSid, From: from, To: '+14155550901' };
      await hub.webhook(leg, { ...rings, CallStatus: late });
      expect(await calls.settled(from)).toMatchObject({ outcome: 'missed' });
    },
  );

  it('of a caller who gave up at once is missed, and not texted', async () => {
    const from = newCaller();
    const callSid = newSid('CA');
    const urls = await calls.incoming(callSid, from);
    await calls.final(from, callSid, 'completed', 1);
    await calls.action(from, callSid, urls, 'canceled');
    const missed = { missedReason: 'abandoned', textBack: { sent: false, reason: 'too-short' } };
    expect(await calls.settled(from)).toMatchObject(missed);
    expect(hub.sandbox.textsTo(from)).toEqual([]);
  });

  it('behind a voicemail is missed when screening asks for a key', async () => {
    const from = newCaller();
    await hub.call(from, screened.number, { behaviour: 'voicemail' });
    const missed = { outcome: 'missed', missedReason: 'voicemail', textBack: { sent: true } };
    expect(await screenedCalls.settled(from)).toMatchObject(missed);
  });

  it.each([
    ['1', { outcome: 'answered', missedReason: null }],
    ['2', { outcome: 'missed', missedReason: 'declined' }],
  ])('under screening follows the key pressed: %s', async (presses, expected) => {
    const from = newCaller();
    await hub.call(from, screened.number, { behaviour: 'answer', presses, talkSeconds: 3 });
    expect(await screenedCalls.settled(from)).toMatchObject(expected);
  });

  it('is swept when nobody tells its end', async () => {
    const from = newCaller();
    const callSid = newSid('CA');
    await calls.incoming(callSid, from);
    await hub.database.query("update calls set judge_at = now() - interval '1 minute' where call_sid = $1", [
      callSid,
    ]);
    expect(await calls.settled(from)).toMatchObject({
      status: 'ended',
      outcome: 'missed',
      missedReason: 'no-answer',
    });
  });

  it('is a refusal for a loop and for a suspended tenant', async () => {
    const params = { CallSid: newSid('CA'), From: '+14155550901', To: tenant.number, CallStatus: 'ringing' };
    expect((await hub.webhook('/webhooks/twilio/call', params)).text).toContain('<Reject');
    const refused = await hub.eventually(() => calls.shown('+14155550901'));
    expect(refused).toMatchObject({ outcome: 'rejected', textBack: { sent: false, reason: 'loop' } });
    const asleep = await hub.tenant();
    await hub.patch(`/v1/tenants/${asleep.id}`, { status: 'suspended' }, ADMIN_KEY);
    const other = { ...params, CallSid: newSid('CA'), From: newCaller(), To: asleep.number };
    expect((await hub.webhook('/webhooks/twilio/call', other)).text).toContain('<Reject');
  });

  it('refuses a callback of ours that is sent for another call, or was bent', async () => {
    const callSid = newSid('CA');
    const urls = await calls.incoming(callSid, newCaller());
    const params = { CallSid: newSid('CA'), DialCallStatus: 'no-answer' };
    expect((await hub.webhook(urls.action, params)).status).toBe(403);
    const bent = urls.action.replace(/c=./, 'c=X');
    expect((await hub.webhook(bent, { ...params, CallSid: callSid })).status).toBe(403);
  });

  it('finds a leg at the bare address by its parent, also when the parent comes later', async () => {
    const from = newCaller();
    const callSid = newSid('CA');
    const leg = {
      CallSid: newSid('CA'),
      ParentCallSid: callSid,
      CallStatus: 'ringing',
      From: from,
      To: '+14155550901',
    };
    expect((await hub.webhook(`/webhooks/twilio/call/status/${callSid}`, leg)).status).toBe(200);
    await calls.incoming(callSid, from);
    await hub.eventually(async () => {
      const [row] = await hub.database.query('select evidence from calls where call_sid = $1', [callSid]);
      return Object.keys((row?.['evidence'] ?? {}) as object).some((name) => name.startsWith('leg:'));
    });
  });
});

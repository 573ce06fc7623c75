import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { Calls, urlIn } from '../calls.js';
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

  it.each([
    ['no-answer', 'no-answer'],
    ['voicemail', 'voicemail'],
  ])(
    'under screening is missed, with no wait for a key, when it meets %s',
    async (behaviour, missedReason) => {
      const from = newCaller();
      await hub.call(from, screened.number, { behaviour });
      const missed = { outcome: 'missed', missedReason, textBack: { sent: true } };
      const call = await screenedCalls.settled(from);
      expect(call).toMatchObject(missed);
      const path = `/v1/calls/${call.id}/decisions`;
      const { body } = await hub.get<{ data: readonly unknown[] }>(path, screened.key);
      expect(body.data).toContainEqual(
        expect.objectContaining({ name: 'outcome', input: { patience: 'fresh' } }),
      );
    },
  );

  it.each([
    ['1', { outcome: 'answered', missedReason: null }],
    ['2', { outcome: 'missed', missedReason: 'declined' }],
  ])('under screening follows the key pressed: %s', async (presses, expected) => {
    const from = newCaller();
    await hub.call(from, screened.number, { behaviour: 'answer', presses, talkSeconds: 3 });
    expect(await screenedCalls.settled(from)).toMatchObject(expected);
  });

  it.each([['the refusal first'], ['the refusal last']])(
    'of two phones is answered when one declines and the other takes the call, heard of %s',
    async (order) => {
      const two = await hub.tenant({ screening: 'keypress' });
      const forwardTo = ['+14155550901', '+14155550902'];
      await hub.patch(`/v1/phone-numbers/${two.phoneNumberId}`, { forwardTo }, two.key);
      const byHand = new Calls(hub, two);
      const [from, callSid] = [newCaller(), newSid('CA')];
      const another = { From: newCaller(), To: two.number, CallStatus: 'ringing' };
      await hub.eventually(async () => {
        const answer = await hub.webhook('/webhooks/twilio/call', { ...another, CallSid: newSid('CA') });
        return answer.text.includes('+14155550902');
      });
      const urls = await byHand.incoming(callSid, from);
      const presses = async (Digits: string): Promise<unknown> => {
        const leg = { CallSid: newSid('CA'), ParentCallSid: callSid, From: from, To: '+14155550901' };
        const { text } = await hub.webhook(urls.screening, leg);
        return hub.webhook(urlIn(text, 'action'), { ...leg, Digits });
      };
      const ends = (): Promise<unknown> =>
        hub.webhook(urls.action, {
          CallSid: callSid,
          DialCallStatus: 'completed',
          DialBridged: 'true',
          DialCallDuration: '40',
        });
      const heard = [() => presses('2'), ends, () => presses('1')];
      for (const hear of order.endsWith('first') ? heard : heard.toReversed()) await hear();
      expect(await byHand.settled(from)).toMatchObject({ outcome: 'answered', missedReason: null });
    },
  );

  it('whose talk ended, and nobody told how, is swept as soon as any other', async () => {
    const [from, callSid] = [newCaller(), newSid('CA')];
    const { leg } = await calls.incoming(callSid, from);
    const told = { CallSid: newSid('CA'), ParentCallSid: callSid, From: from, To: '+14155550901' };
    const sweptIn = async (): Promise<unknown> =>
      hub.eventually(async () => {
        const [row] = await hub.database.query(
          `select extract(epoch from judge_at - clock_timestamp())::int as seconds from calls where call_sid = $1`,
          [callSid],
        );
        return row?.['seconds'] ?? null;
      });
    await hub.webhook(leg, { ...told, CallStatus: 'in-progress' });
    expect(await sweptIn()).toBeGreaterThan(14_000);
    await hub.webhook(leg, { ...told, CallStatus: 'completed', CallDuration: '12' });
    expect(await sweptIn()).toBeLessThanOrEqual(80);
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

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { newCaller, newSid, TestHub, type TestTenant } from '../hub.js';

interface CallShown {
  readonly id: string;
  readonly from: string;
  readonly status: string;
  readonly outcome: string | null;
  readonly missedReason: string | null;
  readonly conversationId: string | null;
  readonly textBack: { readonly sent: boolean; readonly reason: string | null };
}

/** The URLs that our TwiML gave for one call. */
interface Urls {
  readonly action: string;
  readonly leg: string;
}

const unescape = (text: string): string => text.replaceAll('&amp;', '&');

const permutations = <T>(items: readonly T[]): T[][] =>
  items.length === 0
    ? [[]]
    : items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));

describe('the outcome of a call', () => {
  let hub: TestHub;
  let tenant: TestTenant;
  let screened: TestTenant;

  beforeAll(async () => {
    hub = await TestHub.start();
    tenant = await hub.tenant({ prefixTextBackCap: null });
    screened = await hub.tenant({ screening: 'keypress' });
  });
  afterAll(() => hub.stop());

  const incoming = async (callSid: string, from: string, to = tenant.number): Promise<Urls> => {
    const { text } = await hub.webhook('/webhooks/twilio/call', {
      CallSid: callSid,
      From: from,
      To: to,
      CallStatus: 'ringing',
      Direction: 'inbound',
    });
    const action = /action="([^"]+)"/.exec(text)?.[1] ?? '';
    const leg = /statusCallback="([^"]+)"/.exec(text)?.[1] ?? '';
    return { action: unescape(action), leg: unescape(leg) };
  };

  const shown = async (from: string, key = tenant.key): Promise<CallShown | undefined> =>
    (await hub.get<{ data: CallShown[] }>(`/v1/calls?from=${encodeURIComponent(from)}`, key)).body.data[0];

  const settled = (from: string, key = tenant.key): Promise<CallShown> =>
    hub.eventually(async () => {
      const call = await shown(from, key);
      return call?.outcome === 'answered' ||
        call?.textBack.sent === true ||
        (call?.textBack.reason ?? null) !== null
        ? call
        : null;
    }, 12_000);

  const ends = (
    from: string,
    callSid: string,
    urls: Urls,
    to = tenant.number,
  ): Record<string, () => Promise<unknown>> => {
    const legSid = newSid('CA');
    const caller = { From: from, To: to };
    return {
      leg: () =>
        hub.webhook(urls.leg, {
          CallSid: legSid,
          ParentCallSid: callSid,
          CallStatus: 'no-answer',
          From: from,
          To: '+14155550901',
          CallDuration: '0',
        }),
      action: () =>
        hub.webhook(urls.action, {
          CallSid: callSid,
          DialCallStatus: 'no-answer',
          CallStatus: 'in-progress',
          ...caller,
        }),
      final: () =>
        hub.webhook(`/webhooks/twilio/call/status`, {
          CallSid: callSid,
          CallStatus: 'completed',
          CallDuration: '21',
          ...caller,
        }),
    };
  };

  it.each(permutations(['leg', 'action', 'final']).map((order) => [order.join(', '), order] as const))(
    'is the same when its callbacks come as %s',
    async (_, order) => {
      const from = newCaller();
      const callSid = newSid('CA');
      const callbacks = ends(from, callSid, await incoming(callSid, from));
      for (const name of order) await callbacks[name]?.();
      expect(await settled(from)).toMatchObject({
        status: 'ended',
        outcome: 'missed',
        missedReason: 'no-answer',
        textBack: { sent: true },
      });
      await hub.eventually(async () => hub.sandbox.textsTo(from).length === 1);
    },
  );

  it('is decided even when the end comes before the beginning', async () => {
    const from = newCaller();
    const probe = newSid('CA');
    const urls = await incoming(probe, newCaller());
    const callbacks = ends(from, probe, urls);
    await callbacks['action']?.();
    await hub.eventually(
      async () =>
        (await hub.database.query('select outcome from calls where call_sid = $1', [probe]))[0]?.[
          'outcome'
        ] === 'missed',
    );
  });

  it('is judged from its statuses when no Dial action comes', async () => {
    const from = newCaller();
    const callSid = newSid('CA');
    await incoming(callSid, from);
    await hub.webhook('/webhooks/twilio/call/status', {
      CallSid: callSid,
      CallStatus: 'no-answer',
      CallDuration: '9',
      From: from,
      To: tenant.number,
    });
    expect((await shown(from))?.outcome).toBeNull();
    expect(await settled(from)).toMatchObject({
      outcome: 'missed',
      missedReason: 'abandoned',
      textBack: { sent: true },
    });
  });

  it('of a caller who gave up at once is missed, and not texted', async () => {
    const from = newCaller();
    const callSid = newSid('CA');
    const urls = await incoming(callSid, from);
    await hub.webhook('/webhooks/twilio/call/status', {
      CallSid: callSid,
      CallStatus: 'completed',
      CallDuration: '1',
      From: from,
      To: tenant.number,
    });
    await hub.webhook(urls.action, {
      CallSid: callSid,
      DialCallStatus: 'canceled',
      CallStatus: 'completed',
      From: from,
      To: tenant.number,
    });
    expect(await settled(from)).toMatchObject({
      missedReason: 'abandoned',
      textBack: { sent: false, reason: 'too-short' },
    });
    expect(hub.sandbox.textsTo(from)).toEqual([]);
  });

  it('behind a voicemail is missed when screening asks for a key', async () => {
    const from = newCaller();
    await hub.call(from, screened.number, { behaviour: 'voicemail' });
    expect(await settled(from, screened.key)).toMatchObject({
      outcome: 'missed',
      missedReason: 'voicemail',
      textBack: { sent: true },
    });
  });

  it.each([
    ['1', { outcome: 'answered', missedReason: null }],
    ['2', { outcome: 'missed', missedReason: 'declined' }],
  ])('under screening follows the key pressed: %s', async (presses, expected) => {
    const from = newCaller();
    await hub.call(from, screened.number, { behaviour: 'answer', presses, talkSeconds: 3 });
    expect(await settled(from, screened.key)).toMatchObject(expected);
  });

  it('is swept when nobody tells its end', async () => {
    const from = newCaller();
    const callSid = newSid('CA');
    await incoming(callSid, from);
    await hub.database.query("update calls set judge_at = now() - interval '1 minute' where call_sid = $1", [
      callSid,
    ]);
    expect(await settled(from)).toMatchObject({
      status: 'ended',
      outcome: 'missed',
      missedReason: 'no-answer',
    });
  });

  it('is a refusal for a loop and for a suspended tenant', async () => {
    const callSid = newSid('CA');
    const loop = await hub.webhook('/webhooks/twilio/call', {
      CallSid: callSid,
      From: '+14155550901',
      To: tenant.number,
      CallStatus: 'ringing',
    });
    expect(loop.text).toContain('<Reject');
    expect(await hub.eventually(() => shown('+14155550901'))).toMatchObject({
      outcome: 'rejected',
      textBack: { sent: false, reason: 'loop' },
    });
    const asleep = await hub.tenant();
    await hub.patch(
      `/v1/tenants/${asleep.id}`,
      { status: 'suspended' },
      'the-operator-of-the-tests-has-this-key',
    );
    const refused = await hub.webhook('/webhooks/twilio/call', {
      CallSid: newSid('CA'),
      From: newCaller(),
      To: asleep.number,
      CallStatus: 'ringing',
    });
    expect(refused.text).toContain('<Reject');
  });

  it.each([
    ['anonymous', 'not-textable'],
    ['+266696687', 'not-textable'],
  ])('of a caller who withholds the number (%s) brings no text', async (from, reason) => {
    await hub.call(from, tenant.number, { behaviour: 'no-answer' });
    expect(await settled(from)).toMatchObject({ outcome: 'missed', textBack: { sent: false, reason } });
  });

  it('texts a caller once within the cooldown', async () => {
    const from = newCaller();
    await hub.call(from, tenant.number, { behaviour: 'busy' });
    await settled(from);
    await hub.call(from, tenant.number, { behaviour: 'busy' });
    await hub.eventually(async () => (await shown(from))?.textBack.reason === 'cooldown');
    expect(hub.sandbox.textsTo(from)).toHaveLength(1);
  });

  it('refuses a callback of ours that is sent for another call or another account', async () => {
    const from = newCaller();
    const callSid = newSid('CA');
    const urls = await incoming(callSid, from);
    const params = { CallSid: newSid('CA'), DialCallStatus: 'no-answer' };
    expect((await hub.webhook(urls.action, params)).status).toBe(403);
    const bent = urls.action.replace(/c=./, 'c=X');
    expect((await hub.webhook(bent, { CallSid: callSid, DialCallStatus: 'no-answer' })).status).toBe(403);
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
    await incoming(callSid, from);
    await hub.eventually(async () => {
      const [row] = await hub.database.query('select evidence from calls where call_sid = $1', [callSid]);
      return Object.keys((row?.['evidence'] ?? {}) as object).some((name) => name.startsWith('leg:'));
    });
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { HubScript } from './testing/fake-hub.js';
import { ACCOUNT, BUSINESS, CUSTOMER, MATE, OWNER, Rig } from './testing/rig.js';

let rig: Rig;

beforeEach(async () => {
  rig = await Rig.start();
});

afterEach(async () => {
  expect(await rig.stop()).toEqual([]);
});

const voice = (twiml: string, more: HubScript = {}): HubScript => ({
  '/webhooks/twilio/call': `<Response>${twiml}</Response>`,
  ...more,
});

const dial = (attributes = 'answerOnBridge="true"', numbers = `<Number>${OWNER}</Number>`): HubScript =>
  voice(`<Dial timeout="20" action="/dialled" ${attributes}>${numbers}</Dial>`);

describe('a call', () => {
  it('reaches the hub with the parameters that Twilio sends', async () => {
    rig.hub.script = voice('<Hangup/>');
    const { callSid } = await rig.play({ stirVerstat: 'TN-Validation-Passed-A', forwardedFrom: OWNER });
    expect(rig.only('/webhooks/twilio/call')).toMatchObject({
      AccountSid: ACCOUNT,
      ApiVersion: '2010-04-01',
      CallSid: callSid,
      CallStatus: 'ringing',
      Direction: 'inbound',
      From: CUSTOMER,
      Caller: CUSTOMER,
      To: BUSINESS,
      Called: BUSINESS,
      FromCountry: 'US',
      ForwardedFrom: OWNER,
      StirVerstat: 'TN-Validation-Passed-A',
    });
    expect(rig.hub.at('/webhooks/twilio/call')[0]?.headers).toHaveProperty('i-twilio-idempotency-token');
  });

  it.each([
    ['no-answer', 'no-answer'],
    ['busy', 'busy'],
    ['decline', 'busy'],
    ['failed', 'failed'],
  ])('that the phone meets with %s ends the Dial with %s', async (behaviour, status) => {
    rig.hub.script = dial();
    const { status: final } = await rig.play({ callee: { behaviour, afterSeconds: 1 } });
    expect(rig.only('/dialled')).toMatchObject({
      DialCallStatus: status,
      DialBridged: 'false',
      CallStatus: 'ringing',
      DialCallSid: expect.stringMatching(/^CA[0-9a-f]{32}$/),
    });
    expect(final).toBe('no-answer');
    expect(rig.only('/webhooks/twilio/call/status')).toMatchObject({ CallStatus: 'no-answer' });
  });

  it('nobody answers rings for the whole timeout', async () => {
    rig.hub.script = dial();
    const startedAt = Date.now();
    await rig.play({});
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(20 * 20);
    expect(rig.only('/dialled')).toMatchObject({ DialCallStatus: 'no-answer' });
  });

  it('without answerOnBridge is answered at once, and completed at its end', async () => {
    rig.hub.script = dial('');
    await rig.play({ callee: { behaviour: 'no-answer', afterSeconds: 0 } });
    expect(rig.only('/dialled')).toMatchObject({ DialCallStatus: 'no-answer', CallStatus: 'in-progress' });
    expect(rig.only('/webhooks/twilio/call/status')).toMatchObject({ CallStatus: 'completed' });
  });

  it.each(['answer', 'voicemail'])(
    'taken by %s is bridged, and the action is played when the callee hangs up',
    async (behaviour) => {
      rig.hub.script = { ...dial(), '/dialled': '<Response><Say>Bye</Say></Response>' };
      await rig.play({ callee: { behaviour, afterSeconds: 2, talkSeconds: 3 } });
      expect(rig.only('/dialled')).toMatchObject({
        DialCallStatus: 'completed',
        DialBridged: 'true',
        DialCallDuration: expect.stringMatching(/^[3-9]$/), // timers may be late
        CallStatus: 'in-progress',
      });
      expect(await rig.transcript(CUSTOMER)).toContain('hears: Bye');
      expect(await rig.transcript(OWNER)).toEqual([
        'rings',
        behaviour === 'answer' ? 'answers' : 'voicemail-answers',
        'hangs-up: completed',
      ]);
    },
  );

  it('that the caller ends while talking reports CallStatus completed, and drops the answer', async () => {
    rig.hub.script = { ...dial(), '/dialled': '<Response><Say>Too late</Say></Response>' };
    await rig.play({
      callee: { behaviour: 'answer', afterSeconds: 1, talkSeconds: 600 },
      callerHangsUpAfterSeconds: 6,
    });
    expect(rig.only('/dialled')).toMatchObject({
      DialCallStatus: 'completed',
      DialBridged: 'true',
      CallStatus: 'completed',
    });
    expect(await rig.transcript(CUSTOMER)).toEqual(['calls', 'hangs-up']);
  });

  it('that the caller leaves while it rings brings no action under answerOnBridge', async () => {
    rig.hub.script = dial();
    const { durationSeconds } = await rig.play({ callerHangsUpAfterSeconds: 6 });
    expect(rig.hub.at('/dialled')).toEqual([]);
    expect(rig.only('/webhooks/twilio/call/status')).toMatchObject({
      CallStatus: 'no-answer',
      CallDuration: expect.stringMatching(/^([6-9]|1\d)$/), // timers may be late
    });
    expect(durationSeconds).toBeGreaterThanOrEqual(6);
  });

  it('that the caller leaves while a plain Dial rings brings the action with canceled', async () => {
    rig.hub.script = dial('');
    await rig.play({ callerHangsUpAfterSeconds: 6 });
    expect(rig.only('/dialled')).toMatchObject({
      DialCallStatus: 'canceled',
      DialBridged: 'false',
      CallStatus: 'completed',
    });
    expect(rig.only('/webhooks/twilio/call/status')).toMatchObject({ CallStatus: 'completed' });
  });

  it.each([true, false])(
    'brings the action of an early hang-up or not, as asked for: %s',
    async (actionOnHangup) => {
      rig.hub.script = dial(actionOnHangup ? 'answerOnBridge="true"' : '');
      await rig.play({ callerHangsUpAfterSeconds: 5, actionOnHangup });
      expect(rig.hub.at('/dialled')).toHaveLength(actionOnHangup ? 1 : 0);
    },
  );

  it('reports the progress of each leg that asks for it', async () => {
    const events = 'statusCallback="/leg" statusCallbackEvent="initiated ringing answered completed"';
    rig.hub.script = dial('answerOnBridge="true"', `<Number ${events}>${OWNER}</Number>`);
    const { callSid } = await rig.play({ callee: { behaviour: 'answer', afterSeconds: 1 } });
    const legs = rig.hub.at('/leg').map(({ params }) => params);
    const inOrder = [...legs].sort((a, b) => Number(a['SequenceNumber']) - Number(b['SequenceNumber']));
    expect(inOrder.map(({ SequenceNumber }) => SequenceNumber)).toEqual(['0', '1', '2', '3']);
    expect(inOrder.map(({ CallStatus }) => CallStatus)).toEqual([
      'initiated',
      'ringing',
      'in-progress',
      'completed',
    ]);
    expect(inOrder[3]).toMatchObject({
      ParentCallSid: callSid,
      CallSid: rig.only('/dialled')['DialCallSid'],
      CallDuration: expect.stringMatching(/^[2-9]$/), // timers may be late
      CallbackSource: 'call-progress-events',
      Timestamp: expect.stringMatching(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000$/),
    });
  });

  it('rings several phones at once; the first to answer wins and the others stop', async () => {
    rig.hub.script = dial('', `<Number>${OWNER}</Number><Number>${MATE}</Number>`);
    await rig.play({
      callees: {
        [OWNER]: { behaviour: 'answer', afterSeconds: 9 },
        [MATE]: { behaviour: 'answer', afterSeconds: 2 },
      },
    });
    expect(rig.only('/dialled')).toMatchObject({ DialBridged: 'true' });
    expect(await rig.transcript(MATE)).toEqual(['rings', 'answers', 'hangs-up: completed']);
    expect(await rig.transcript(OWNER)).toEqual(['rings', 'stops-ringing: canceled']);
  });
});

describe('machine detection', () => {
  it.each([
    ['answer', 'Enable', 'human'],
    ['voicemail', 'Enable', 'machine_start'],
    ['voicemail', 'DetectMessageEnd', 'machine_end_beep'],
  ])('tells %s with %s as %s', async (behaviour, machineDetection, answeredBy) => {
    const attributes = `machineDetection="${machineDetection}" amdStatusCallback="/amd"`;
    rig.hub.script = dial('answerOnBridge="true"', `<Number ${attributes}>${OWNER}</Number>`);
    await rig.play({ callee: { behaviour, afterSeconds: 0 } });
    expect(rig.only('/amd')).toMatchObject({
      AnsweredBy: answeredBy,
      CallSid: rig.only('/dialled')['DialCallSid'],
    });
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { HubScript } from './testing/fake-hub.js';
import { CUSTOMER, Rig } from './testing/rig.js';

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

describe('TwiML', () => {
  it('is walked: speech, recording, gathering, redirecting', async () => {
    rig.hub.script = {
      ...voice('<Say>Hello &amp; welcome</Say><Pause length="1"/><Gather numDigits="1" action="/menu"/>'),
      '/menu': ({ Digits }) => `<Response><Redirect>/voicemail?pressed=${Digits}</Redirect></Response>`,
      '/voicemail': '<Response><Record maxLength="30" action="/recorded"/></Response>',
      '/recorded': '<Response><Play>https://x.example/bye.mp3</Play></Response>',
    };
    await rig.play({ callerPresses: '7', callerRecordsSeconds: 4 });
    expect(rig.only('/menu')).toMatchObject({ Digits: '7' });
    expect(rig.only('/recorded')).toMatchObject({
      RecordingDuration: expect.stringMatching(/^[4-9]$/), // timers may be late
      RecordingSid: expect.stringMatching(/^RE/),
    });
    expect(await rig.transcript(CUSTOMER)).toEqual([
      'calls',
      'hears: Hello & welcome',
      'presses: 7',
      'hears: [beep]',
      'hears: [plays https://x.example/bye.mp3]',
      'is-hung-up-on',
    ]);
  });

  it.each([
    ['rejected', 'no-answer'],
    ['busy', 'busy'],
  ])('that rejects as %s ends the call as %s', async (reason, status) => {
    rig.hub.script = voice(`<Reject reason="${reason}"/>`);
    expect(await rig.play({})).toMatchObject({ status });
  });

  it.each([
    ['is not XML', { body: '<Response><Say>' }, 12100],
    ['has an unknown verb', { body: '<Response><Shout>Hi</Shout></Response>' }, 12200],
    ['has an unknown attribute', { body: '<Response><Say loud="true">Hi</Say></Response>' }, 12200],
    ['has a wrong value', { body: '<Response><Dial timeout="soon">+14155550150</Dial></Response>' }, 12200],
    ['has a verb where it may not stand', { body: '<Response><Dial><Say>Hi</Say></Dial></Response>' }, 12200],
    ['comes as text', { contentType: 'text/plain', body: '<Response/>' }, 12300],
    ['does not come', { status: 500 }, 11200],
  ])('that %s is an alert, and the caller hears of it', async (_, answer, errorCode) => {
    rig.hub.script = {
      '/webhooks/twilio/call': answer,
      '/webhooks/twilio/call/fallback': { status: 503 },
    };
    await rig.play({});
    expect(rig.alerts()).toEqual([errorCode, 11200]);
    expect(rig.only('/webhooks/twilio/call/fallback')).toMatchObject({ ErrorCode: String(errorCode) });
    expect(await rig.transcript(CUSTOMER)).toContain(
      'hears: We are sorry, an application error has occurred. Goodbye.',
    );
  });

  it('of the fallback URL takes over', async () => {
    rig.hub.script = {
      '/webhooks/twilio/call': { status: 500 },
      '/webhooks/twilio/call/fallback': '<Response><Say>Plan B</Say></Response>',
    };
    await rig.play({});
    expect(await rig.transcript(CUSTOMER)).toContain('hears: Plan B');
  });
});

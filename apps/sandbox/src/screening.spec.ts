import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { HubScript } from './testing/fake-hub.js';
import { OWNER, Rig } from './testing/rig.js';

let rig: Rig;

beforeEach(async () => {
  rig = await Rig.start();
});

afterEach(async () => {
  expect(await rig.stop()).toEqual([]);
});

describe('screening', () => {
  const screened: HubScript = {
    '/webhooks/twilio/call': `<Response><Dial answerOnBridge="true" action="/dialled"><Number url="/whisper">${OWNER}</Number></Dial></Response>`,
    '/whisper':
      '<Response><Gather numDigits="1" action="/pressed"><Say>Press 1</Say></Gather><Hangup/></Response>',
    '/pressed': ({ Digits }) => `<Response>${Digits === '1' ? '' : '<Hangup/>'}</Response>`,
  };

  it('bridges when 1 is pressed', async () => {
    rig.hub.script = screened;
    await rig.play({ callee: { behaviour: 'answer', afterSeconds: 1, presses: '1' } });
    expect(rig.only('/whisper')).toMatchObject({
      To: OWNER,
      Direction: 'outbound-dial',
      CallStatus: 'in-progress',
    });
    expect(rig.only('/pressed')).toMatchObject({ Digits: '1', CallSid: rig.only('/whisper')['CallSid'] });
    expect(rig.only('/dialled')).toMatchObject({ DialCallStatus: 'completed', DialBridged: 'true' });
    expect(await rig.transcript(OWNER)).toEqual([
      'rings',
      'answers',
      'hears: Press 1',
      'presses: 1',
      'hangs-up: completed',
    ]);
  });

  it.each([
    ['another digit', { behaviour: 'answer', presses: '2' }, 1],
    ['no digit', { behaviour: 'answer' }, 0],
    ['a voicemail', { behaviour: 'voicemail', presses: '1' }, 0],
  ])('does not bridge with %s', async (_, callee, pressed) => {
    rig.hub.script = screened;
    await rig.play({ callee: { afterSeconds: 1, ...callee } });
    expect(rig.hub.at('/pressed')).toHaveLength(pressed);
    expect(rig.only('/dialled')).toMatchObject({ DialCallStatus: 'no-answer', DialBridged: 'false' });
  });
});

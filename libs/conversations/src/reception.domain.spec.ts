import { describe, expect, it } from '@jest/globals';

import { meaningOf, type Arrived, type Meaning } from './reception.domain.js';

const text: Arrived = {
  wish: null,
  body: 'Is anyone there?',
  optedOut: false,
  blocked: false,
  isEmergency: false,
  answeredByTwilio: false,
};
const nothing: Meaning = { step: null, says: null };

describe("what a customer's text means for its conversation", () => {
  it.each<[string, Partial<Arrived>, Meaning]>([
    ['anything', {}, { step: 'customer-wrote', says: null }],
    ['anything by somebody blocked', { blocked: true }, nothing],
    ['anything by somebody who opted out', { optedOut: true }, nothing],
    ['an emergency', { isEmergency: true }, { step: 'barred', says: 'emergency' }],
    [
      'an emergency of somebody blocked',
      { isEmergency: true, blocked: true },
      { step: 'barred', says: 'emergency' },
    ],
    ['an emergency of somebody who opted out', { isEmergency: true, optedOut: true }, nothing],
    ['a doubtful refusal', { wish: 'ambiguous' }, { step: 'barred', says: null }],
    ['STOP, which Twilio answers', { wish: 'stop', body: ' Stop. ' }, { step: 'opted-out', says: null }],
    [
      'a STOP that Twilio says it answered',
      { wish: 'stop', body: 'parar', answeredByTwilio: true },
      { step: 'opted-out', says: null },
    ],
    [
      'a STOP that Twilio does not know',
      { wish: 'stop', body: 'parar', optedOut: true },
      { step: 'opted-out', says: 'opt-out-confirmation' },
    ],
    [
      'an opt-out in many words',
      { wish: 'opt-out', body: 'stop texting me' },
      { step: 'opted-out', says: 'opt-out-confirmation' },
    ],
    ['START', { wish: 'start' }, nothing],
    ['HELP', { wish: 'help' }, { step: null, says: 'help' }],
    ['HELP by somebody who opted out', { wish: 'help', optedOut: true }, nothing],
    ['a HELP that Twilio answered', { wish: 'help', answeredByTwilio: true }, nothing],
  ])('%s', (_, given, meaning) => {
    expect(meaningOf({ ...text, ...given })).toEqual(meaning);
  });
});

import { describe, expect, it } from '@jest/globals';

import { consentBy, wishOf } from './wish.domain.js';

describe("a customer's wish", () => {
  it.each([
    ['STOP', false, undefined, 'stop'],
    ['stop texting me', false, undefined, 'opt-out'],
    ['Yes', false, undefined, null],
    ['Yes', true, undefined, 'start'],
    ['stop the leak', false, undefined, null],
    ['hola', false, 'STOP', 'stop'],
  ] as const)('%s, opted out %s, Twilio says %s: %s', (text, optedOut, optOutType, wish) => {
    expect(wishOf(text, optedOut, optOutType)).toBe(wish);
  });

  it.each([
    ['start', [], 'opt-in'],
    ['stop', [], 'opt-out'],
    ['opt-out', [], 'opt-out'],
    ['help', [], null],
    ['ambiguous', [], null],
    [null, [], null],
    ['start', ['opt-out'], null],
    ['stop', ['opt-in'], null],
    ['stop', ['opt-out'], 'opt-out'],
    ['start', ['opt-in'], 'opt-in'],
  ] as const)('%s, with %j since it was said, changes consent: %s', (wish, since, change) => {
    expect(consentBy(wish, since)).toBe(change);
  });
});

import { describe, expect, it } from '@jest/globals';

import { strayVerdict, type StrayVerdict, type Trace } from './stray.domain.js';

describe('a text that a restored database is about to send', () => {
  const nothing: Trace = { isTaken: false, isRedacted: false, isAnswered: false };

  it.each<[string, Partial<Trace>, boolean, StrayVerdict]>([
    ['is sent when no stray speaks of it', {}, true, 'to-be-sent'],
    ['is one of the strays', { isTaken: true, isRedacted: true, isAnswered: true }, true, 'found'],
    ['may be one whose words Twilio does not keep', { isRedacted: true, isAnswered: true }, true, 'doubted'],
    ['answers what a stray has answered', { isAnswered: true }, true, 'dropped'],
    ['is no answer, so a stray does not stand for it', { isAnswered: true }, false, 'to-be-sent'],
  ])('%s', (_, trace, isAnswer, verdict) => {
    expect(strayVerdict({ ...nothing, ...trace }, isAnswer)).toBe(verdict);
  });
});

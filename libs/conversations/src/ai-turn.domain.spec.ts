import { describe, expect, it } from '@jest/globals';

import { isAiTurn, mayStillAnswer, SEEN_TO, type Held } from './ai-turn.domain.js';
import { meaningOf } from './reception.domain.js';

const held: Held = { handler: 'ai', epoch: 3, status: 'open', waitingSince: new Date(0) };
const turn = { epoch: 3, asked: 'text-1' };

describe("the AI's turn", () => {
  it('is said while nothing changed', () => {
    expect(mayStillAnswer(held, 'text-1', turn)).toBe(true);
  });

  it.each<[string, Partial<Held>]>([
    ['a human holds the conversation', { handler: 'human' }],
    ['it changed hands and came back', { epoch: 5 }],
    ['it is closed', { status: 'closed' }],
    ['somebody answered', { waitingSince: null }],
  ])('is over when %s', (_, change) => {
    expect(isAiTurn({ ...held, ...change }, 3)).toBe(false);
    expect(mayStillAnswer({ ...held, ...change }, 'text-1', turn)).toBe(false);
  });

  it('gives way to what the customer asks next', () => {
    expect(mayStillAnswer(held, 'text-2', turn)).toBe(false);
  });

  it('gives way to no text that begins no turn of its own', () => {
    const alone = { body: '', optedOut: false, blocked: false, isEmergency: false, answeredByTwilio: false };
    const wishes = ['stop', 'opt-out', 'start', 'help', 'ambiguous'] as const;
    for (const wish of wishes) {
      const asksForAnAnswer = ['customer-wrote', 'barred'].includes(meaningOf({ ...alone, wish }).step ?? '');
      expect([wish, SEEN_TO.includes(wish)]).toEqual([wish, !asksForAnAnswer]);
    }
  });
});

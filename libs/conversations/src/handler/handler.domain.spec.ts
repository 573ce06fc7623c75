import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { step, type ConversationEvent, type Handler } from './handler.domain.js';

const handlers: readonly Handler[] = ['unassigned', 'human', 'ai'];
const events: readonly ConversationEvent[] = [
  'customer-wrote',
  'human-wrote',
  'takeover-due',
  'ai-off',
  'human-took-over',
  'released-to-ai',
  'released',
  'escalated',
  'barred',
  'opted-out',
  'closed',
];

describe('the handler', () => {
  it.each<[Handler, ConversationEvent, Handler]>([
    ['unassigned', 'takeover-due', 'ai'],
    ['human', 'takeover-due', 'ai'],
    ['ai', 'takeover-due', 'ai'],
    ['ai', 'human-wrote', 'human'],
    ['ai', 'escalated', 'unassigned'],
    ['human', 'escalated', 'human'],
    ['human', 'released', 'unassigned'],
    ['ai', 'barred', 'unassigned'],
    ['unassigned', 'ai-off', 'unassigned'],
    ['human', 'ai-off', 'human'],
    ['ai', 'ai-off', 'unassigned'],
  ])('%s, %s: %s', (before, event, after) => {
    expect(step(before, event).handler).toBe(after);
  });

  it('is a human after whatever, once a human writes; and the timer is off', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...events), { maxLength: 20 }), (happened) => {
        const handler = happened.reduce<Handler>((now, event) => step(now, event).handler, 'unassigned');
        const { handler: after, effects } = step(handler, 'human-wrote');
        expect(after).toBe('human');
        expect(effects).toEqual(expect.arrayContaining(['disarm', 'cancel-automatic', 'raise-epoch']));
      }),
    );
  });

  it('lets nothing be said after an opt-out or a close without somebody waiting anew', () => {
    for (const handler of handlers) {
      for (const event of ['opted-out', 'closed', 'barred'] as const) {
        expect(step(handler, event).effects).toEqual(
          expect.arrayContaining(['disarm', 'cancel-automatic', 'raise-epoch']),
        );
      }
    }
  });

  it('is never changed by a late timer of the AI, or by a customer', () => {
    expect(step('ai', 'takeover-due').effects).toEqual([]);
    for (const handler of handlers) expect(step(handler, 'customer-wrote').handler).toBe(handler);
  });
});

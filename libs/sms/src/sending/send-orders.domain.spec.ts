import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { MessageStatus } from '../message.domain.js';
import { step } from './send.domain.js';
import type { Answer, Attempt, Finding, Send, SendEvent } from './send-state.domain.js';

const RULES = { windowMs: 90_000 };
const T0 = 1_000_000;
const SID = 'SM1';
const LOST: Answer = { kind: 'unknown', error: 'reset' };

const queued: Send = {
  author: 'system',
  purpose: 'text-back',
  createdAt: T0 - 1_000,
  recalled: false,
  status: 'queued',
  notBefore: 0,
  sid: null,
  errorCode: null,
  attempts: [],
};
const run = (send: Send, events: readonly SendEvent[]): Send =>
  events.reduce((before, event) => step(before, event, RULES).send, send);

const open = run(queued, [{ kind: 'claimed', at: T0, attemptId: 'a' }]);
const base = { at: T0 + 90_000, attemptId: 'a' } as const;
const answered = (answer: Answer): SendEvent => ({
  kind: 'answered',
  ...base,
  answer,
  jitter: 0,
});
const calledBack = (word: string, code: string | null = null): SendEvent => ({
  kind: 'called-back',
  ...base,
  sid: SID,
  word,
  code,
});
const matched: SendEvent = {
  kind: 'looked',
  ...base,
  askedAt: base.at,
  finding: { kind: 'matched', attemptId: 'a', sid: SID },
  since: { inbound: false, human: false },
};

describe('every order of what one attempt hears', () => {
  const orders = <T>(items: readonly T[]): readonly (readonly T[])[] =>
    items.length === 0
      ? [[]]
      : items.flatMap((one, index) => orders(items.toSpliced(index, 1)).map((rest) => [one, ...rest]));

  const subsets = <T>(items: readonly T[]): readonly (readonly T[])[] =>
    items.reduce<readonly (readonly T[])[]>(
      (all, one) => [...all, ...all.map((some) => [...some, one])],
      [[]],
    );

  it.each<[string, MessageStatus]>([
    ['delivered', 'delivered'],
    ['failed', 'failed'],
    ['undelivered', 'undelivered'],
  ])('ends the same with one SID, whoever of 201, callbacks and looks is lost: %s', (last, status) => {
    const heard = [
      answered({ kind: 'accepted', sid: SID }),
      answered(LOST),
      calledBack('queued'),
      calledBack('sent'),
      matched,
    ];
    let tried = 0;
    for (const some of subsets(heard)) {
      for (const order of orders([...some, calledBack(last, last === 'delivered' ? null : '30003')])) {
        const send = run(open, order);
        expect([send.status, send.sid, send.attempts.length]).toEqual([status, SID, 1]);
        expect(run(send, order)).toEqual(send);
        tried += 1;
      }
    }
    expect(tried).toBe(1_631);
  });
});

describe('any sequence of events', () => {
  const ids = fc.constantFrom('a', 'b', 'c');
  const at = fc.integer({ min: T0, max: T0 + 1_200_000 });
  const since = fc.record({ inbound: fc.boolean(), human: fc.boolean() });
  /** Twilio gives each attempt one SID at most. */
  const sidOf = (attemptId: string): string => `SM-${attemptId}`;
  const answers: readonly ((sid: string) => Answer)[] = [
    (sid) => ({ kind: 'accepted', sid }),
    () => ({ kind: 'refused', code: '21610' }),
    () => ({ kind: 'put-off', retryAfterMs: 1 }),
    () => ({ kind: 'not-sent', error: '' }),
    () => LOST,
  ];
  const findings: readonly ((attemptId: string) => Finding)[] = [
    () => ({ kind: 'absent' }),
    () => ({ kind: 'unclear', why: '' }),
    (attemptId) => ({ kind: 'matched', attemptId, sid: sidOf(attemptId) }),
  ];
  const claims = fc.record({ kind: fc.constant('claimed' as const), at, attemptId: ids });
  const said: fc.Arbitrary<SendEvent> = fc.oneof(
    { weight: 3, arbitrary: claims },
    fc.tuple(claims, fc.constantFrom(...answers)).map(([base, make]) => ({
      ...base,
      kind: 'answered' as const,
      answer: make(sidOf(base.attemptId)),
      jitter: 0,
    })),
    fc.tuple(claims, fc.constantFrom('queued', 'sent', 'delivered', 'failed')).map(([base, word]) => ({
      ...base,
      kind: 'called-back' as const,
      sid: sidOf(base.attemptId),
      word,
      code: null,
    })),
    {
      weight: 3,
      arbitrary: fc.tuple(claims, fc.constantFrom(...findings), since).map(([base, make, written]) => ({
        ...base,
        kind: 'looked' as const,
        askedAt: base.at,
        finding: make(base.attemptId),
        since: written,
      })),
    },
    fc.record({
      kind: fc.constant('resolved' as const),
      at,
      as: fc.constantFrom('resend' as const, 'discard' as const),
    }),
    fc.record({ kind: fc.constant('withdrawn' as const), at }),
    fc.record({ kind: fc.constant('dropped' as const), at, why: fc.constant('stale') }),
    fc.record({ kind: fc.constant('doubted' as const), at }),
  );

  const distinct = (attempts: readonly Attempt[]): boolean =>
    new Set(attempts.map(({ id }) => id)).size === attempts.length;

  it('leaves at most one SID, never takes it back, and opens no attempt once it is known', () => {
    fc.assert(
      fc.property(fc.array(said, { maxLength: 30 }), (events) => {
        const used = new Set<string>();
        let send = queued;
        for (const event of events) {
          if (event.kind === 'claimed' && used.has(event.attemptId)) continue;
          const after = step(send, event, RULES);
          if (event.kind === 'claimed') used.add(event.attemptId);
          if (send.sid !== null) {
            expect(after.send.sid).toBe(send.sid);
            expect(after.effects.map(({ kind }) => kind)).not.toContain('request');
          }
          if (after.send === send) expect(after.effects).toEqual([]);
          expect(['queued', 'sending', 'held'].includes(after.send.status) && after.send.sid !== null).toBe(
            false,
          );
          expect(distinct(after.send.attempts)).toBe(true);
          const last = after.send.attempts.at(-1)?.outcome ?? '';
          expect(after.send.status !== 'sending' || ['open', 'unknown'].includes(last)).toBe(true);
          ({ send } = after);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});

import { describe, expect, it } from '@jest/globals';

import { step } from './send.domain.js';
import type { Answer, Send, SendEvent } from './send-state.domain.js';

const T0 = 1_000_000;
const W = T0 + 90_000;
const RULES = { windowMs: 90_000 };

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
const run = (send: Send, ...events: readonly SendEvent[]): Send =>
  events.reduce((before, event) => step(before, event, RULES).send, send);

const claimed = (at: number, attemptId: string): SendEvent => ({ kind: 'claimed', at, attemptId });
const answered = (answer: Answer, attemptId = 'a'): SendEvent => ({
  kind: 'answered',
  at: T0 + 100,
  attemptId,
  answer,
  jitter: 0,
});
const absent = (askedAt: number, at = askedAt): SendEvent => ({
  kind: 'looked',
  at,
  askedAt,
  attemptId: 'a',
  finding: { kind: 'absent' },
  since: { inbound: false, human: false },
});
const NOT_SENT: Answer = { kind: 'not-sent', error: '' };
const open = run(queued, claimed(T0, 'a'));
const recalled: Send = { ...open, recalled: true };

describe('a text that was under way when automatic texts were canceled', () => {
  it.each<Answer>([{ kind: 'put-off', retryAfterMs: 5_000 }, NOT_SENT])(
    'is canceled when it comes back as %j',
    (answer) => {
      const { send, effects } = step(recalled, answered(answer), RULES);
      expect([send.status, effects]).toEqual(['canceled', [{ kind: 'next' }]]);
    },
  );

  it('is not sent again when Twilio never got it', () => {
    const send = run(recalled, absent(W), absent(W + 30_000));
    expect([send.status, send.errorCode]).toEqual(['failed', 'stale']);
  });

  it('is shown as accepted when Twilio had it all the same', () => {
    expect(run(recalled, answered({ kind: 'accepted', sid: 'SM1' })).status).toBe('accepted');
  });

  it('is like any other once a person had it sent again', () => {
    const held: Send = { ...recalled, status: 'held' };
    const resent = run(held, { kind: 'resolved', at: W, as: 'resend' }, claimed(W, 'b'));
    expect(run(resent, answered(NOT_SENT, 'b')).status).toBe('queued');
  });
});

describe("Twilio's second list", () => {
  it('counts half a minute after the first was asked for, and not one that was only read so late', () => {
    const once = run(open, absent(W));
    expect(run(once, absent(W + 1, W + 60_000))).toBe(once);
    expect(run(once, absent(W + 30_000, W + 60_000)).status).toBe('queued');
  });
});

describe('a text of a database that went back in time', () => {
  it('found at Twilio is bound, and is not sent', () => {
    const found = run(queued, { kind: 'found', at: T0, sid: 'SM1' }, claimed(T0, 'a'));
    expect([found.status, found.sid, found.attempts]).toEqual(['accepted', 'SM1', []]);
  });
});

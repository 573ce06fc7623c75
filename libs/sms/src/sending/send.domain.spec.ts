import { describe, expect, it } from '@jest/globals';

import type { MessageStatus } from '../message.domain.js';
import { step } from './send.domain.js';
import type { Answer, Send, SendEvent, Step } from './send-state.domain.js';

const RULES = { windowMs: 90_000 };
const T0 = 1_000_000;
const NOBODY = { inbound: false, human: false };
const SID = 'SM1';

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

const run = (send: Send, ...events: readonly SendEvent[]): Step =>
  events.reduce<Step>((before, event) => step(before.send, event, RULES), { send, effects: [] });

const claimed = (at = T0, attemptId = 'a'): SendEvent => ({ kind: 'claimed', at, attemptId });
const answered = (answer: Answer, attemptId = 'a', at = T0 + 100): SendEvent => ({
  kind: 'answered',
  at,
  attemptId,
  answer,
  jitter: 0.5,
});
const calledBack = (word: string, sid = SID, attemptId = 'a', code: string | null = null): SendEvent => ({
  kind: 'called-back',
  at: T0 + 200,
  attemptId,
  sid,
  word,
  code,
});
const absent = (at: number, attemptId = 'a', since = NOBODY): SendEvent => ({
  kind: 'looked',
  at,
  askedAt: at,
  attemptId,
  finding: { kind: 'absent' },
  since,
});
const unclear = (at: number): SendEvent => ({
  kind: 'looked',
  at,
  askedAt: at,
  attemptId: 'a',
  finding: { kind: 'unclear', why: 'redacted' },
  since: NOBODY,
});
const matched = (at: number, sid = SID): SendEvent => ({
  kind: 'looked',
  at,
  askedAt: at,
  attemptId: 'a',
  finding: { kind: 'matched', attemptId: 'a', sid },
  since: NOBODY,
});

const kinds = ({ effects }: Step): readonly string[] => effects.map(({ kind }) => kind);
const outcomes = ({ send }: Step): readonly string[] => send.attempts.map(({ outcome }) => outcome);
const open = run(queued, claimed()).send;
const LOST: Answer = { kind: 'unknown', error: 'reset' };
const unknown = run(open, answered(LOST)).send;
const W = T0 + 90_000;

describe('a text on its way out', () => {
  it('opens an attempt, with a look after W, before anything is requested', () => {
    const opened = step(queued, claimed(), RULES);
    expect(opened.effects).toEqual([
      { kind: 'look', attemptId: 'a', at: W },
      { kind: 'request', attemptId: 'a' },
    ]);
    expect(opened.send.status).toBe('sending');
  });

  it.each<[string, Send, SendEvent]>([
    ['is claimed while put off', { ...queued, notBefore: T0 + 1 }, claimed()],
    ['is claimed twice', open, claimed(T0, 'b')],
    ['was withdrawn and is claimed', run(queued, { kind: 'withdrawn', at: T0 }).send, claimed()],
    ['is withdrawn while under way', open, { kind: 'withdrawn', at: T0 }],
    ['is looked at before it is time', unknown, absent(W - 1)],
    [
      'hears twice that it was accepted',
      run(open, answered({ kind: 'accepted', sid: SID })).send,
      matched(W),
    ],
    [
      'is told twice that it was accepted',
      run(open, answered({ kind: 'accepted', sid: SID })).send,
      answered({ kind: 'accepted', sid: SID }),
    ],
    [
      'is told another SID for the same attempt',
      run(open, answered({ kind: 'accepted', sid: SID })).send,
      calledBack('queued', 'SM2'),
    ],
    ['hears of an attempt that is none of its own', open, answered({ kind: 'accepted', sid: SID }, 'z')],
    ['is resolved without being held', unknown, { kind: 'resolved', at: W, as: 'resend' }],
    ['is dropped while under way', open, { kind: 'dropped', at: T0, why: 'stale' }],
  ])('stays the very same when it %s', (_, before, event) => {
    expect(step(before, event, RULES)).toEqual({ send: before, effects: [] });
    expect(step(before, event, RULES).send).toBe(before);
  });

  it.each<[Answer, MessageStatus, string, readonly string[]]>([
    [{ kind: 'accepted', sid: SID }, 'accepted', 'accepted', ['own', 'announce', 'next']],
    [{ kind: 'refused', code: '21610' }, 'failed', 'refused', ['learn', 'announce', 'next']],
    [{ kind: 'put-off', retryAfterMs: 5_000 }, 'queued', 'put-off', ['wake']],
    [{ kind: 'not-sent', error: 'ECONNREFUSED' }, 'queued', 'not-sent', ['wake']],
    [LOST, 'sending', 'unknown', []],
  ])('answered with %j', (answer, status, outcome, effects) => {
    const after = step(open, answered(answer), RULES);
    expect([after.send.status, outcomes(after), kinds(after)]).toEqual([status, [outcome], effects]);
    expect(step(unknown, answered(answer), RULES).send.status).toBe(status);
  });

  it('waits as long as Twilio asks, and longer each time', () => {
    const answer: Answer = { kind: 'put-off', retryAfterMs: 5_000 };
    const first = run(queued, claimed(), answered(answer)).send;
    const again = run({ ...first, notBefore: 0 }, claimed(T0, 'b'), answered(answer, 'b')).send;
    expect(first.notBefore).toBeGreaterThan(T0 + 5_000);
    expect(again.notBefore).toBeGreaterThan(first.notBefore);
  });

  it('that a process died over is looked at like one whose answer was lost', () => {
    const after = run(open, absent(W), absent(W + 30_000));
    expect([after.send.status, outcomes(after)]).toEqual(['queued', ['absent']]);
  });

  it('is sent again only after two lists, half a minute apart, lacked it', () => {
    const once = run(unknown, absent(W));
    expect([once.send.status, kinds(once)]).toEqual(['sending', ['look']]);
    expect(run(once.send, absent(W + 29_999)).send).toBe(once.send);
    const twice = run(once.send, absent(W + 30_000));
    expect([twice.send.status, kinds(twice)]).toEqual(['queued', ['wake']]);
  });

  it('counts no absence for a list that could not tell', () => {
    const after = run(unknown, absent(W), unclear(W + 30_000));
    expect(after.send.attempts[0]).toMatchObject({ absences: 1, looks: 2 });
    expect(after.send.status).toBe('sending');
  });

  it('is held within ten minutes when no list can tell', () => {
    let { send, effects } = run(unknown, unclear(W));
    let at = W;
    let looks = 1;
    for (; send.status === 'sending'; looks += 1) {
      const [look] = effects;
      if (look?.kind !== 'look') throw new Error('Nobody looks any more.');
      ({ at } = look);
      ({ send, effects } = step(send, unclear(at), RULES));
    }
    expect(send.status).toBe('held');
    expect(at - T0).toBeLessThan(600_000);
    expect([looks > 4, looks < 10]).toEqual([true, true]);
    expect(effects.map(({ kind }) => kind)).toEqual(['held', 'announce', 'next']);
  });

  it('is held at the first look that cannot tell when nobody could look for an hour', () => {
    expect(run(unknown, unclear(T0 + 3_600_000)).send.status).toBe('held');
    expect(run(unknown, absent(T0 + 3_600_000)).send.status).toBe('sending');
  });

  it('is dropped with the reason that shows when it makes no sense any more', () => {
    const { send } = run(unknown, absent(W + 600_000), absent(W + 630_000));
    expect([send.status, send.errorCode]).toEqual(['failed', 'too-late']);
  });

  it('is held after three attempts, but one that was put off or never left is none', () => {
    const again = (answer: Answer): Send =>
      run(
        { ...queued, purpose: 'emergency' },
        claimed(T0, 'z'),
        answered(answer, 'z'),
        claimed(T0 + 90_000, 'a'),
        answered(LOST),
        absent(T0 + 180_000),
        absent(T0 + 210_000),
      ).send;
    expect(again({ kind: 'not-sent', error: '' }).status).toBe('queued');
    expect(again({ kind: 'put-off', retryAfterMs: 1 }).status).toBe('queued');
    const thrice = ['a', 'b', 'c'].flatMap((id, nth) => {
      const at = T0 + nth * 120_000;
      return [claimed(at, id), absent(at + 90_000, id), absent(at + 120_000, id)];
    });
    expect(run({ ...queued, purpose: 'emergency' }, ...thrice).send.status).toBe('held');
  });

  it('is not sent again when its proof comes between the second absence and the next attempt', () => {
    const requeued = run(unknown, absent(W), absent(W + 30_000));
    const proven = run(requeued.send, calledBack('sent'));
    expect([proven.send.status, proven.send.sid]).toEqual(['sent', SID]);
    expect(run(proven.send, claimed(W + 40_000, 'b')).send).toBe(proven.send);
  });

  it.each<[string, readonly SendEvent[]]>([
    ['held', [unclear(T0 + 3_600_000)]],
    ['discarded', [unclear(T0 + 3_600_000), { kind: 'resolved', at: T0 + 3_600_001, as: 'discard' }]],
    ['dropped', [absent(T0 + 3_600_000), absent(T0 + 3_630_000)]],
    ['canceled', [absent(W), absent(W + 30_000), { kind: 'withdrawn', at: W + 30_001 }]],
  ])('that was %s is shown as sent once Twilio says so', (_, events) => {
    const { send } = run(unknown, ...events, calledBack('delivered'));
    expect([send.status, send.sid, send.errorCode]).toEqual(['delivered', SID, null]);
  });

  it('keeps its first SID when Twilio contradicts its own lists, and hears nothing of the second', () => {
    const resent = run(unknown, absent(W), absent(W + 30_000), claimed(W + 40_000, 'b'), calledBack('sent'));
    const both = run(resent.send, answered({ kind: 'accepted', sid: 'SM2' }, 'b', W + 41_000));
    expect([both.send.sid, both.send.attempts.map(({ sid }) => sid), both.effects]).toEqual([
      SID,
      [SID, 'SM2'],
      [{ kind: 'own', sid: 'SM2' }],
    ]);
    expect(run(both.send, calledBack('failed', 'SM2', 'b', '30007')).send.status).toBe('sent');
  });

  it('does not hang on an earlier attempt once a person has had it sent again', () => {
    const resent = run(
      unknown,
      unclear(T0 + 600_000),
      { kind: 'resolved', at: T0 + 700_000, as: 'resend' },
      claimed(T0 + 700_000, 'b'),
    ).send;
    for (const late of [
      answered({ kind: 'refused', code: '21610' }),
      answered({ kind: 'not-sent', error: '' }),
      absent(T0 + 900_000),
    ]) {
      const { send, effects } = step(resent, late, RULES);
      expect([send.status, send.attempts.at(-1)?.outcome, effects]).toEqual(['sending', 'open', []]);
    }
  });
});

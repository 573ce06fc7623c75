import { climbs, isFinal, meaningOf, type MessageStatus } from '../message.domain.js';
import { look } from '../settling/look.domain.js';
import {
  attemptOf,
  bind,
  cancel,
  end,
  hangsOn,
  hold,
  own,
  stay,
  UNDER_WAY,
  UNPROVEN,
  withAttempt,
} from './send-moves.domain.js';
import type { Attempt, Effect, Send, SendEvent, SendRules, Step } from './send-state.domain.js';

const NOT_SENT_WAIT_MS = 2_000;
const LONGEST_BACK_OFF_MS = 60_000;

const claim = (send: Send, { at, attemptId }: { at: number; attemptId: string }, rules: SendRules): Step => {
  if (send.status !== 'queued' || send.notBefore > at) return stay(send);
  const lookAt = at + rules.windowMs;
  const fresh = { outcome: 'open', looks: 0, absences: 0, sid: null, code: null } as const;
  const attempt: Attempt = { id: attemptId, openedAt: at, lookAt, ...fresh };
  return {
    send: { ...send, status: 'sending', attempts: [...send.attempts, attempt] },
    effects: [
      { kind: 'look', attemptId, at: lookAt },
      { kind: 'request', attemptId },
    ],
  };
};

/** It waits again, unless automatic texts were canceled while it was under way. */
const putOff = (send: Send, attempt: Attempt, outcome: 'put-off' | 'not-sent', until: number): Step => {
  const closed = withAttempt(send, attempt.id, { outcome });
  if (!hangsOn(send, attempt)) return stay(closed);
  if (send.recalled) return cancel(closed);
  return {
    send: { ...closed, status: 'queued', notBefore: until },
    effects: [{ kind: 'wake', at: until }],
  };
};

const refuse = (send: Send, attempt: Attempt, code: string): Step => {
  const closed = withAttempt(send, attempt.id, { outcome: 'refused', code });
  if (!hangsOn(send, attempt)) return stay(closed);
  const { send: failed, effects } = end(closed, code);
  return { send: failed, effects: [{ kind: 'learn', code }, ...effects] };
};

const backOffMs = (send: Send, jitter: number): number =>
  jitter * Math.min(LONGEST_BACK_OFF_MS, 500 * 2 ** Math.min(send.attempts.length, 8));

const answer = (send: Send, event: SendEvent & { kind: 'answered' }): Step => {
  const { answer: said, attemptId, at, jitter } = event;
  if (said.kind === 'accepted') return bind(send, attemptId, said.sid);
  const attempt = attemptOf(send, attemptId);
  if (attempt === undefined || !UNDER_WAY.includes(attempt.outcome)) return stay(send);
  switch (said.kind) {
    case 'refused':
      return refuse(send, attempt, said.code);
    case 'put-off':
      return putOff(send, attempt, 'put-off', at + said.retryAfterMs + backOffMs(send, jitter));
    case 'not-sent':
      return putOff(send, attempt, 'not-sent', at + NOT_SENT_WAIT_MS + backOffMs(send, jitter));
    case 'unknown':
      return stay(withAttempt(send, attemptId, { outcome: 'unknown', code: said.error }));
  }
};

const FAILED: readonly MessageStatus[] = ['failed', 'undelivered'];

const callBack = (send: Send, { attemptId, sid, word, code }: SendEvent & { kind: 'called-back' }): Step => {
  const bound = bind(send, attemptId, sid);
  const to = meaningOf(word);
  if (bound.send.sid !== sid || to === null || !climbs(bound.send.status, to)) return bound;
  const learn: readonly Effect[] = FAILED.includes(to) && code !== null ? [{ kind: 'learn', code }] : [];
  const news: readonly Effect[] = isFinal(to) ? [{ kind: 'announce', event: 'message.status' }] : [];
  return {
    send: { ...bound.send, status: to, errorCode: code ?? bound.send.errorCode },
    effects: [...bound.effects, ...learn, ...news],
  };
};

const resolve = (send: Send, { as, at }: SendEvent & { kind: 'resolved' }): Step => {
  if (send.status !== 'held') return stay(send);
  if (as === 'discard') return end(send, 'discarded');
  const again = { status: 'queued', notBefore: at, recalled: false } as const;
  return { send: { ...send, ...again }, effects: [{ kind: 'wake', at }] };
};

const find = (send: Send, sid: string): Step => {
  if (send.sid !== null || !UNPROVEN.includes(send.status)) return stay(send);
  const last = send.attempts.at(-1);
  if (last !== undefined && UNDER_WAY.includes(last.outcome)) return bind(send, last.id, sid);
  return own(send, sid);
};

/**
 * One step of a text on its way out: queued → an attempt open → accepted, refused, put off, not sent or unknown →
 * bound, or absent and sent again, or held → resent or discarded. An event that comes late changes nothing.
 */
export const step = (send: Send, event: SendEvent, rules: SendRules): Step => {
  switch (event.kind) {
    case 'claimed':
      return claim(send, event, rules);
    case 'answered':
      return answer(send, event);
    case 'called-back':
      return callBack(send, event);
    case 'looked':
      return look(send, event);
    case 'resolved':
      return resolve(send, event);
    case 'found':
      return find(send, event.sid);
    case 'withdrawn':
      return send.status === 'queued' ? cancel(send) : stay(send);
    case 'dropped':
      return send.status === 'queued' ? end(send, event.why) : stay(send);
    case 'doubted':
      return send.status === 'queued' ? hold(send, 'restored') : stay(send);
  }
};

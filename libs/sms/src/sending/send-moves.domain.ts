import type { MessageStatus } from '../message.domain.js';
import type { Attempt, AttemptOutcome, Send, Step } from './send-state.domain.js';

/** Words for what has no SID yet, or lost its way: proof of acceptance changes them. */
export const UNPROVEN: readonly MessageStatus[] = ['queued', 'sending', 'held', 'failed', 'canceled'];
export const UNDER_WAY: readonly AttemptOutcome[] = ['open', 'unknown'];

export const stay = (send: Send): Step => ({ send, effects: [] });

export const withAttempt = (send: Send, id: string, change: Partial<Attempt>): Send => ({
  ...send,
  attempts: send.attempts.map((one) => (one.id === id ? { ...one, ...change } : one)),
});

export const attemptOf = (send: Send, id: string): Attempt | undefined =>
  send.attempts.find((one) => one.id === id);

/** Whether the message's fate hangs on this attempt: it is the last, and its outcome is awaited. */
export const hangsOn = (send: Send, attempt: Attempt): boolean =>
  send.status === 'sending' && send.attempts.at(-1)?.id === attempt.id;

export const end = (send: Send, errorCode: string): Step => ({
  send: { ...send, status: 'failed', errorCode },
  effects: [{ kind: 'announce', event: 'message.status' }, { kind: 'next' }],
});

export const cancel = (send: Send): Step => ({
  send: { ...send, status: 'canceled' },
  effects: [{ kind: 'next' }],
});

export const hold = (send: Send, why: string): Step => ({
  send: { ...send, status: 'held' },
  effects: [{ kind: 'held', why }, { kind: 'announce', event: 'message.status' }, { kind: 'next' }],
});

export const own = (send: Send, sid: string): Step => {
  if (send.sid !== null) return { send, effects: [{ kind: 'own', sid }] };
  const status = UNPROVEN.includes(send.status) ? 'accepted' : send.status;
  return {
    send: { ...send, sid, status, errorCode: null },
    effects: [{ kind: 'own', sid }, { kind: 'announce', event: 'message.sent' }, { kind: 'next' }],
  };
};

/** Proof that an attempt was accepted: the first SID is the message's, whatever was believed before. */
export const bind = (send: Send, attemptId: string, sid: string): Step => {
  const attempt = attemptOf(send, attemptId);
  if (attempt === undefined || attempt.sid !== null) return stay(send);
  return own(withAttempt(send, attemptId, { outcome: 'accepted', sid }), sid);
};

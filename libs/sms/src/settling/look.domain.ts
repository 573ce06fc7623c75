import { resendOf } from '../sending/resend.domain.js';
import {
  attemptOf,
  bind,
  end,
  hangsOn,
  hold,
  stay,
  UNDER_WAY,
  withAttempt,
} from '../sending/send-moves.domain.js';
import type { Attempt, Send, SendEvent, Step } from '../sending/send-state.domain.js';

/** Between two looks that count as two absences. */
export const SECOND_LOOK_MS = 30_000;
/** An attempt of which a list cannot tell is held this long after t0: with a last look, within ten minutes. */
const UNCLEAR_FOR_MS = 565_000;
/** An attempt that is nearly so old is judged without its list rather than kept waiting for a place. */
export const TOO_OLD_TO_WAIT_MS = UNCLEAR_FOR_MS - 5_000;
const ABSENCES_TO_BELIEVE = 2;

/** The list could not tell: looked at again, ever later, and held once ten minutes are nearly over. */
const lookAgain = (send: Send, attempt: Attempt, { at, why }: { at: number; why: string }): Step => {
  const latest = attempt.openedAt + UNCLEAR_FOR_MS;
  const counted = { looks: attempt.looks + 1, outcome: 'unknown' } as const;
  if (at >= latest) return hold(withAttempt(send, attempt.id, counted), why);
  const lookAt = Math.min(at + SECOND_LOOK_MS * 2 ** attempt.looks, latest);
  return {
    send: withAttempt(send, attempt.id, { ...counted, lookAt }),
    effects: [{ kind: 'look', attemptId: attempt.id, at: lookAt }],
  };
};

const lacking = (send: Send, attempt: Attempt, { at, since }: SendEvent & { kind: 'looked' }): Step => {
  const counted = { looks: attempt.looks + 1, absences: attempt.absences + 1 };
  if (counted.absences < ABSENCES_TO_BELIEVE) {
    const lookAt = at + SECOND_LOOK_MS;
    const effects = [{ kind: 'look', attemptId: attempt.id, at: lookAt }] as const;
    return { send: withAttempt(send, attempt.id, { ...counted, outcome: 'unknown', lookAt }), effects };
  }
  const absent = withAttempt(send, attempt.id, { ...counted, outcome: 'absent' });
  const verdict = resendOf(absent, { at, since });
  if (verdict.kind === 'hold') return hold(absent, verdict.why);
  if (verdict.kind === 'drop') return end(absent, verdict.why);
  return { send: { ...absent, status: 'queued', notBefore: at }, effects: [{ kind: 'wake', at }] };
};

/** What a look into Twilio's list changes: nothing, when the list was asked for before the attempt's `lookAt`. */
export const look = (send: Send, event: SendEvent & { kind: 'looked' }): Step => {
  const attempt = attemptOf(send, event.attemptId);
  if (attempt === undefined || !UNDER_WAY.includes(attempt.outcome)) return stay(send);
  if (!hangsOn(send, attempt) || event.askedAt < attempt.lookAt) return stay(send);
  const { finding, at } = event;
  switch (finding.kind) {
    case 'matched':
      return bind(send, finding.attemptId, finding.sid);
    case 'absent':
      return lacking(send, attempt, event);
    case 'unclear':
      return lookAgain(send, attempt, { at, why: finding.why });
  }
};

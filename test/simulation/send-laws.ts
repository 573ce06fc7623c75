import type { MessageStatus } from '../../libs/sms/src/message.domain.js';
import type { Attempt } from '../../libs/sms/src/sending/send-state.domain.js';
import type { Watched } from './watched.js';
import type { Message } from './rows.js';
import { MINUTE, SECOND } from './world.js';

const APART_MS = 30 * SECOND;

/** Where a text may go from each status, whatever happens. With a SID it only climbs. */
const WAYS: Readonly<Record<MessageStatus, readonly MessageStatus[]>> = {
  received: [],
  suppressed: [],
  queued: ['sending', 'canceled', 'accepted', 'sent', 'delivered', 'undelivered', 'failed'],
  sending: ['queued', 'accepted', 'sent', 'delivered', 'undelivered', 'failed', 'held', 'canceled'],
  held: ['queued', 'accepted', 'sent', 'delivered', 'undelivered', 'failed', 'canceled'],
  accepted: ['sent', 'delivered', 'undelivered', 'failed', 'canceled'],
  sent: ['delivered', 'undelivered', 'failed', 'canceled'],
  delivered: [],
  undelivered: [],
  // these two were believed without proof, which came after all
  failed: ['accepted', 'sent', 'delivered', 'undelivered'],
  canceled: ['accepted', 'sent', 'delivered', 'undelivered', 'failed'],
};

/** 4: a status never falls, and a last one stays, but for proof that what was believed lost had arrived. */
export const statusMayBecome = (before: Message, after: Message): boolean => {
  if (before.status === after.status) return true;
  const isProof = before.sid === null && after.sid !== null;
  const isLast = before.status === 'failed' || before.status === 'canceled';
  return WAYS[before.status].includes(after.status) && (!isLast || isProof);
};

/** Why an attempt is not to be believed absent: Twilio's lists must lack it twice, at t0+W or later, 30 s apart. */
const whyNotAbsent = ({ carrier, settings }: Watched, message: Message, attempt: Attempt): string | null => {
  const its = carrier.texts.find(({ sent }) => sent?.attemptId === attempt.id);
  const looks = carrier.readings
    .filter(({ customer, at }) => customer === message.contact && at >= attempt.openedAt + settings.windowMs)
    .map(({ at, sids }) => ({ at, lacks: its === undefined || !sids.includes(its.sid) }));
  const lacking = looks.filter(({ lacks }) => lacks);
  const [first] = lacking;
  if (first === undefined || lacking.length < 2) return "Twilio's lists did not lack it twice";
  const isApart = lacking.some(({ at }) => at >= first.at + APART_MS);
  return isApart ? null : 'the lists that lacked it were read less than 30 s apart';
};

/** Why a text must not be sent any more, however it came to wait; null when it may be. */
export const whyTooLate = ({ purpose, createdAt }: Message, now: number): string | null => {
  const minutes = purpose === 'text-back' ? 10 : purpose === 'opt-out-confirmation' ? 5 : null;
  return minutes !== null && now - createdAt >= minutes * MINUTE ? `it is ${minutes} min late` : null;
};

/** Why another attempt of a text must not be opened; null when it may be. */
export const attemptsAreLawful = (watched: Watched, message: Message, isWanted: boolean): string | null => {
  if (message.sid !== null) return `its SID is ${message.sid}`;
  if (isWanted) return null;
  const isAbsent = message.attempts.some(({ outcome }) => outcome === 'absent');
  if (message.author === 'human' && isAbsent) return "it is a person's, who did not say so";
  for (const attempt of message.attempts) {
    const fate = watched.carrier.fates.get(attempt.id) ?? 'never';
    const isProven = ['put-off', 'not-sent'].includes(attempt.outcome) && fate === 'never';
    const why = isProven ? null : whyNotAbsent(watched, message, attempt);
    if (why !== null) return `${attempt.id} is ${attempt.outcome}, and ${why}`;
  }
  return null;
};

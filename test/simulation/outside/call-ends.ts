import { SECOND } from '../world.js';

/** Ways in which a call can end. */
export const CALL_ENDS = [
  'answered',
  'caller-hangs-up-after-talking',
  'no-answer',
  'busy',
  'failed',
  'abandoned',
  'abandoned-without-dial',
  'voicemail',
  'accepted',
  'declined',
  'screening-unanswered',
  'taken-by-another',
  'unattended',
  'rejected',
] as const;
export type CallEnd = (typeof CALL_ENDS)[number];

type Screening = 'none' | 'keypress';
/** How a call can end that is picked up: others end alike whether a key is to be pressed or not. */
const ONLY_IF: Partial<Readonly<Record<CallEnd, Screening>>> = {
  answered: 'none',
  'caller-hangs-up-after-talking': 'none',
  voicemail: 'none',
  accepted: 'keypress',
  declined: 'keypress',
  'screening-unanswered': 'keypress',
  'taken-by-another': 'keypress',
};
/** Ends in which somebody, or a machine, picked up without that being an answer. */
const PICKED_UP: readonly CallEnd[] = ['voicemail', 'declined', 'screening-unanswered'];

/** What somebody who saw it would say: written down here, and asked of nothing in the hub. */
const TRUTH: Readonly<Record<CallEnd, string>> = {
  answered: 'answered',
  'caller-hangs-up-after-talking': 'answered',
  'no-answer': 'missed: no-answer',
  busy: 'missed: busy',
  failed: 'missed: failed',
  abandoned: 'missed: abandoned',
  'abandoned-without-dial': 'missed: abandoned',
  voicemail: 'missed: voicemail',
  accepted: 'answered',
  declined: 'missed: declined',
  'screening-unanswered': 'missed: voicemail',
  'taken-by-another': 'answered',
  unattended: 'missed: no-answer',
  rejected: 'rejected',
};

/** Whether a call can end so. */
export const happens = (end: CallEnd, screening: Screening): boolean =>
  (ONLY_IF[end] ?? screening) === screening;

/** What the hub's URLs say of a call: where two phones are asked for a key, each has a say. */
export const carriedBy = (end: CallEnd, screening: Screening): Readonly<Record<string, string>> => ({
  screening,
  ...(end === 'taken-by-another' ? { phones: '2' } : {}),
});

/** What a call came to that ended so. */
export const truthOf = (end: CallEnd): string => TRUTH[end];

/** Whether a hub that missed something may take it for answered. */
export const looksAnswered = (end: CallEnd): boolean => TRUTH[end] === 'answered' || PICKED_UP.includes(end);

/** Whether the lists alone tell that it was answered: no key decides. */
export const isPlainlyAnswered = (end: CallEnd): boolean =>
  TRUTH[end] === 'answered' && ONLY_IF[end] === 'none';

/** One word of a call: when, after the one before it, and what. */
export interface Word {
  readonly afterMs: number;
  readonly kind: 'call.incoming' | 'call.dial' | 'call.screening' | 'call.digit' | 'call.status';
  readonly step: string;
  readonly params: Readonly<Record<string, string>>;
}

const legSid = (sid: string): string => `${sid}-leg`;
const otherLegSid = (sid: string): string => `${sid}-other-leg`;

export const word = (afterMs: number, kind: Word['kind'], params: Word['params'], step = ''): Word => ({
  afterMs,
  kind,
  step,
  params,
});

const legStatus = (sid: string, afterMs: number, status: string, more: Word['params'] = {}): Word =>
  word(
    afterMs,
    'call.status',
    { CallSid: legSid(sid), CallStatus: status, ...more },
    `${legSid(sid)}/${status}`,
  );

const finalStatus = (sid: string, afterMs: number, status: string, seconds: number): Word =>
  word(
    afterMs,
    'call.status',
    { CallSid: sid, CallStatus: status, CallDuration: String(seconds) },
    `${sid}/${status}`,
  );

const dialEnd = (afterMs: number, status: string, bridged: boolean | null, seconds?: number): Word =>
  word(afterMs, 'call.dial', {
    DialCallStatus: status,
    ...(bridged === null ? {} : { DialBridged: String(bridged) }),
    ...(seconds === undefined ? {} : { DialCallDuration: String(seconds) }),
  });

/** Another phone is picked up first, and its owner will not have the call. */
const refusal = (sid: string, rangMs: number): readonly Word[] => {
  const CallSid = otherLegSid(sid);
  return [
    word(rangMs, 'call.screening', { CallSid }, CallSid),
    word(2_000, 'call.digit', { CallSid, Digits: '2' }, CallSid),
  ];
};

/** What Twilio says of a call after its first webhook, as real ones were seen to go. */
export const wordsOf = (sid: string, end: CallEnd, rangMs: number, talkedMs: number): readonly Word[] => {
  const rang = Math.round(rangMs / SECOND);
  const talked = Math.max(1, Math.round(talkedMs / SECOND));
  const ringing = [legStatus(sid, 300, 'initiated'), legStatus(sid, 600, 'ringing')];
  const up = legStatus(sid, rangMs, 'in-progress');
  const over = legStatus(sid, talkedMs, 'completed', { CallDuration: String(talked) });
  const asked = word(100, 'call.screening', { CallSid: legSid(sid) }, legSid(sid));
  const digit = (pressed: string): Word =>
    word(2_000, 'call.digit', { CallSid: legSid(sid), Digits: pressed }, legSid(sid));
  const done = (seconds: number): Word => finalStatus(sid, 400, 'completed', seconds);
  const unanswered = (status: string): readonly Word[] => [
    ...ringing,
    legStatus(sid, rangMs, status, { CallDuration: '0' }),
    dialEnd(100, status, false),
    done(rang),
  ];
  switch (end) {
    case 'answered':
    case 'caller-hangs-up-after-talking':
      return [...ringing, up, over, dialEnd(50, 'completed', true, talked), done(rang + talked)];
    case 'no-answer':
    case 'busy':
    case 'failed':
      return unanswered(end);
    case 'abandoned':
      return [...ringing, legStatus(sid, rangMs, 'canceled'), dialEnd(20, 'canceled', null), done(rang)];
    case 'abandoned-without-dial':
      return [...ringing, legStatus(sid, rangMs, 'no-answer'), finalStatus(sid, 100, 'no-answer', rang)];
    case 'voicemail':
      return [
        ...ringing,
        legStatus(sid, rangMs, 'in-progress', { AnsweredBy: 'machine_start' }),
        over,
        dialEnd(50, 'completed', true, talked),
        done(rang + talked),
      ];
    case 'accepted':
      return [
        ...ringing,
        up,
        asked,
        digit('1'),
        over,
        dialEnd(50, 'completed', true, talked),
        done(rang + talked),
      ];
    case 'declined':
      return [...ringing, up, asked, digit('2'), over, dialEnd(50, 'completed', false, 1), done(rang)];
    case 'screening-unanswered':
      return [...ringing, up, asked, over, dialEnd(50, 'no-answer', false), done(rang + talked)];
    case 'taken-by-another':
      return [
        ...refusal(sid, rangMs),
        up,
        asked,
        digit('1'),
        over,
        dialEnd(50, 'completed', true, talked),
        done(rang + talked),
      ];
    case 'unattended':
      return [done(4)];
    case 'rejected':
      return [finalStatus(sid, 200, 'busy', 0)];
  }
};

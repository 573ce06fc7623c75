import {
  digitsOf,
  finalOf,
  legsOf,
  wasAsked,
  type Evidence,
  type Leg,
  type Observation,
} from './evidence.domain.js';

export type MissedReason =
  'no-answer' | 'busy' | 'failed' | 'abandoned' | 'voicemail' | 'declined' | 'after-hours';

export type Verdict =
  | { readonly kind: 'open'; readonly status: 'ringing' | 'in-progress' }
  /** Evidence is on its way: look again after five seconds. */
  | { readonly kind: 'wait'; readonly awaiting: 'dial-action' | 'digit' | 'duration' }
  | { readonly kind: 'answered' }
  | { readonly kind: 'missed'; readonly reason: MissedReason }
  | { readonly kind: 'rejected' };

/** A verdict that ends a call. */
export type Final = Extract<Verdict, { kind: 'answered' | 'missed' | 'rejected' }>;

/** A verdict changes at most once, from answered to missed: a text that went out is not regretted. */
export const mayChange = (before: Final['kind'] | null, { kind }: Final): boolean =>
  before === null || (before === 'answered' && kind === 'missed');

/** What a verdict does to a call. */
export type Move =
  | { readonly kind: 'stay' | 'progress' | 'wait' }
  /** Nobody talks any more, and the end was not heard: swept as soon as a call of which nothing is heard. */
  | { readonly kind: 'lull' }
  /** The verdict is given. */
  | { readonly kind: 'end'; readonly verdict: Final };

/** A call as far as a verdict may change it. */
export interface Judged {
  readonly status: string;
  readonly outcome: Final['kind'] | null;
}

const STAY: Move = { kind: 'stay' };

const whileOpen = (before: Judged['status'], now: 'ringing' | 'in-progress', patience: Patience): Move => {
  if (now === 'ringing') return before === 'in-progress' ? { kind: 'lull' } : STAY;
  return before === 'ringing' || patience === 'swept' ? { kind: 'progress' } : STAY;
};

/** What becomes of a call by a verdict: what is decided waits for nothing more, and talks are seen to begin once. */
export const moveOf = ({ status, outcome }: Judged, verdict: Verdict, patience: Patience): Move => {
  switch (verdict.kind) {
    case 'open':
      return whileOpen(status, verdict.status, patience);
    case 'wait':
      return outcome === null ? { kind: 'wait' } : STAY;
    case 'answered':
    case 'missed':
    case 'rejected':
      return mayChange(outcome, verdict) ? { kind: 'end', verdict } : STAY;
  }
};

/** How patient the judge may be: at first; after evidence was given five seconds; after nothing came at all. */
export type Patience = 'fresh' | 'waited' | 'swept';

/** How long missing evidence is waited for, in seconds (contract.md, section 3). */
export const WAIT_SECONDS = 5;

const missed = (reason: MissedReason): Verdict => ({ kind: 'missed', reason });
const wait = (awaiting: 'dial-action' | 'digit' | 'duration'): Verdict => ({ kind: 'wait', awaiting });

const isMachine = (answeredBy: string | undefined): boolean => /^(machine|fax)/.test(answeredBy ?? '');

const TAKEN = '1';

const isRefusal = (digit: string): boolean => digit !== '' && digit !== TAKEN;

/** After screening: whoever took the call talked to the caller; without a digit it was nobody who could press one. */
const screenedBy = (evidence: Evidence, patience: Patience): Verdict => {
  const digits = digitsOf(evidence);
  if (digits.includes(TAKEN)) return { kind: 'answered' };
  if (patience === 'fresh' && digits.length < (evidence['plan']?.phones ?? 1)) return wait('digit');
  return missed(digits.some(isRefusal) ? 'declined' : 'voicemail');
};

const bridged = (evidence: Evidence, patience: Patience): Verdict => {
  if (isMachine(evidence['amd']?.answeredBy)) return missed('voicemail');
  return evidence['plan']?.screening === 'keypress' ? screenedBy(evidence, patience) : { kind: 'answered' };
};

/** The caller gave up: how long it rang matters, and the call's last status says it. */
const abandoned = (evidence: Evidence, patience: Patience): Verdict =>
  patience === 'fresh' && finalOf(evidence) === null ? wait('duration') : missed('abandoned');

const unbridged = (evidence: Evidence, { status }: Observation, patience: Patience): Verdict => {
  if (status === 'busy' || status === 'failed') return missed(status);
  return status === 'canceled' ? abandoned(evidence, patience) : unanswered(evidence, patience);
};

/** Nobody was bridged: under screening somebody, or a machine, may have picked up all the same. */
const unanswered = (evidence: Evidence, patience: Patience): Verdict => {
  if (evidence['plan']?.screening !== 'keypress') return missed('no-answer');
  const digits = digitsOf(evidence);
  if (digits.some(isRefusal)) return missed('declined');
  if (digits.length > 0 || wasAsked(evidence) || legsOf(evidence).some((leg) => leg.answered))
    return screenedBy(evidence, patience);
  return patience === 'fresh' ? wait('digit') : missed('no-answer');
};

const byLegs = (legs: readonly Leg[], otherwise: MissedReason): Verdict => {
  const ended = legs.filter((leg) => leg.ended !== null);
  for (const reason of ['busy', 'failed'] as const) {
    if (ended.length > 0 && ended.length === legs.length && ended.every((leg) => leg.ended === reason))
      return missed(reason);
  }
  return missed(otherwise);
};

const ENDED_WELL = ['completed', 'answered'];

/** Dial's own word; where it says nothing, it was bridged when it completed, unless at once and with no leg picked up. */
const isBridged = (dial: Observation, legs: readonly Leg[]): boolean =>
  dial.bridged ??
  (ENDED_WELL.includes(dial.status ?? '') &&
    (dial.durationSeconds !== 0 || legs.some((leg) => leg.answered)));

const byFinal = (evidence: Evidence, final: Observation, patience: Patience): Verdict => {
  if (patience === 'fresh') return wait('dial-action');
  const legs = legsOf(evidence);
  if (legs.some((leg) => leg.answered)) return bridged(evidence, patience);
  return final.status === 'failed' ? missed('failed') : byLegs(legs, 'abandoned');
};

const byNothing = (evidence: Evidence, patience: Patience): Verdict => {
  const legs = legsOf(evidence);
  const talking = legs.some((leg) => leg.answered && leg.ended === null);
  if (patience !== 'swept') return { kind: 'open', status: talking ? 'in-progress' : 'ringing' };
  if (talking) return { kind: 'open', status: 'in-progress' };
  return legs.some((leg) => leg.answered) ? bridged(evidence, patience) : byLegs(legs, 'no-answer');
};

/** What a call came to, from everything heard so far, in whatever order it was heard. */
export const outcomeOf = (evidence: Evidence, patience: Patience): Verdict => {
  if (evidence['rejected'] !== undefined) return { kind: 'rejected' };
  if (evidence['unattended'] !== undefined) return missed('no-answer');
  const dial = evidence['dial'];
  if (dial !== undefined)
    return isBridged(dial, legsOf(evidence))
      ? bridged(evidence, patience)
      : unbridged(evidence, dial, patience);
  const final = finalOf(evidence);
  return final === null ? byNothing(evidence, patience) : byFinal(evidence, final, patience);
};

/**
 * How long the caller let it ring, in seconds: the signed duration, else our clock from the incoming webhook to
 * the first word of the end; null when neither is known.
 */
export const rangSeconds = (evidence: Evidence): number | null => {
  const final = finalOf(evidence);
  if (typeof final?.durationSeconds === 'number') return final.durationSeconds;
  const began = evidence['incoming']?.at;
  const ended = [final?.at, evidence['dial']?.at].filter((at) => at !== undefined).sort()[0];
  return began === undefined || ended === undefined ? null : secondsBetween(began, ended);
};

const secondsBetween = (from: string, to: string): number => Math.max(0, (millis(to) - millis(from)) / 1000);

/** Milliseconds of an ISO 8601 time of day in UTC; calls are shorter than a day, so a wrap is a day later. */
const millis = (at: string): number => {
  const [, day = '0', hours = '0', minutes = '0', seconds = '0'] =
    /(\d\d)T(\d\d):(\d\d):(\d\d(?:\.\d+)?)/.exec(at) ?? [];
  return ((Number(day) * 24 + Number(hours)) * 60 + Number(minutes)) * 60_000 + Number(seconds) * 1_000;
};

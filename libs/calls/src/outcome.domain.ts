import { finalOf, legsOf, type Evidence, type Leg, type Observation } from './evidence.domain.js';
import { screenedBy, unanswered } from './screening.domain.js';
import { missed, wait, type MissedReason, type Patience, type Verdict } from './verdict.domain.js';

const isMachine = (answeredBy: string | undefined): boolean => /^(machine|fax)/.test(answeredBy ?? '');

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

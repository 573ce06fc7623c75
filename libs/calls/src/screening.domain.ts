import { digitsOf, legsOf, wasAsked, type Evidence } from './evidence.domain.js';
import { missed, wait, type Patience, type Verdict } from './verdict.domain.js';

const TAKEN = '1';

const isRefusal = (digit: string): boolean => digit !== '' && digit !== TAKEN;

/** Whether a phone's key may still be on its way: neither was it heard, nor that nobody picked that phone up. */
const isKeyAwaited = (evidence: Evidence): boolean => {
  const rangOut = legsOf(evidence).filter(({ ended }) => ended !== null && ended !== 'completed');
  return digitsOf(evidence).length + rangOut.length < (evidence['plan']?.phones ?? 1);
};

/** After screening: whoever took the call talked to the caller; without a digit it was nobody who could press one. */
export const screenedBy = (evidence: Evidence, patience: Patience): Verdict => {
  const digits = digitsOf(evidence);
  if (digits.includes(TAKEN)) return { kind: 'answered' };
  if (patience === 'fresh' && isKeyAwaited(evidence)) return wait('digit');
  return missed(digits.some(isRefusal) ? 'declined' : 'voicemail');
};

const isPickedUp = (evidence: Evidence): boolean =>
  digitsOf(evidence).length > 0 || wasAsked(evidence) || legsOf(evidence).some(({ answered }) => answered);

/** Nobody was bridged: under screening somebody, or a machine, may have picked up all the same. */
export const unanswered = (evidence: Evidence, patience: Patience): Verdict => {
  if (evidence['plan']?.screening !== 'keypress') return missed('no-answer');
  if (digitsOf(evidence).some(isRefusal)) return missed('declined');
  if (isPickedUp(evidence)) return screenedBy(evidence, patience);
  return patience === 'fresh' && isKeyAwaited(evidence) ? wait('digit') : missed('no-answer');
};

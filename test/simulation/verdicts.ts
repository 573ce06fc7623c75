import type { Evidence } from '../../libs/calls/src/evidence.domain.js';
import { heardIn, withPlan, type CallEvent } from '../../libs/calls/src/heard.domain.js';
import { outcomeOf } from '../../libs/calls/src/outcome.domain.js';
import { moveOf, type Final, type Patience } from '../../libs/calls/src/verdict.domain.js';

/** What was heard of a call so far, and the verdict, once there is one. */
export interface Hearing {
  readonly evidence: Evidence;
  readonly verdict: Final | null;
}

export const UNHEARD: Hearing = { evidence: {}, verdict: null };

const judge = ({ evidence, verdict }: Hearing, patience: Patience): Hearing => {
  const move = moveOf(
    { status: 'ringing', outcome: verdict?.kind ?? null },
    outcomeOf(evidence, patience),
    patience,
  );
  return { evidence, verdict: move.kind === 'end' ? move.verdict : verdict };
};

/** Hears one more event: what was heard first stays. */
export const hear = ({ evidence, verdict }: Hearing, event: CallEvent): Hearing =>
  judge({ evidence: { ...withPlan(event, heardIn(event)), ...evidence }, verdict }, 'fresh');

/** What a call came to, in words. */
export const inWords = (outcome: string | null, missedReason: string | null): string =>
  outcome === 'missed' ? `missed: ${missedReason}` : (outcome ?? 'open');

/** The verdict, in words, once nobody waits for more. */
export const verdictOf = (hearing: Hearing): string => {
  const patient = (['waited', 'swept'] as const).reduce(
    (one, patience) => (one.verdict === null ? judge(one, patience) : one),
    hearing,
  );
  const { verdict } = patient;
  return inWords(verdict?.kind ?? null, verdict?.kind === 'missed' ? verdict.reason : null);
};

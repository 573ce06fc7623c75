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

/** How patient the judge may be: at first; after evidence was given five seconds; after nothing came at all. */
export type Patience = 'fresh' | 'waited' | 'swept';

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

/** How long missing evidence is waited for, in seconds (contract.md, section 3). */
export const WAIT_SECONDS = 5;

/** It was missed. */
export const missed = (reason: MissedReason): Verdict => ({ kind: 'missed', reason });

/** Evidence is waited for. */
export const wait = (awaiting: 'dial-action' | 'digit' | 'duration'): Verdict => ({ kind: 'wait', awaiting });

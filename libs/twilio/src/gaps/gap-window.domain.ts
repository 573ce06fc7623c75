/** What is listed is listed this far back again: Twilio's lists and clocks may lag behind ours. */
export const OVERLAP_MS = 10 * 60_000;
/** What was missed longer ago than this stays with Twilio: nobody waits for an answer any more. */
export const LONGEST_GAP_MS = 24 * 60 * 60_000;

/** From when on an account's lists are read. All times in milliseconds of the database's clock. */
export const listedSince = (now: number, completeUntil: number): number =>
  Math.max(completeUntil - OVERLAP_MS, now - LONGEST_GAP_MS);

/** Whether something older than what is listed may have been missed. */
export const isBeyondReach = (now: number, completeUntil: number): boolean =>
  completeUntil < now - LONGEST_GAP_MS;

/** Soon after a start, when Twilio's last tries of the time before are over, and then every ten minutes. */
export const AFTER_START_MS = [0, 40_000, 90_000] as const;
export const READ_EVERY_MS = 10 * 60_000;
const AFTER_FAILURE_MS = 30_000;
/** Somebody else has the list, perhaps a process that died over it. */
const WHILE_HELD_MS = 5_000;
/** Words of a call waited in a spool. */
const AFTER_EARLY_MS = 15_000;

/** A list is left to others this long after its reader died, in milliseconds, and who reads says so this often. */
export const LEASE_MS = 30_000;
export const RENEW_MS = 10_000;

/** Sweeps of calls wait for the first reading after a start no longer than this: by then nobody is texted any more. */
export const SWEEPS_WAIT_MS = 10 * 60_000;

/**
 * How a run ended; `held`: another process has a list, and has not read it to its end since the run was due. `early`:
 * not all that is listed could be told yet.
 */
export type RunEnd = 'complete' | 'failed' | 'held' | 'early';

export interface Runs {
  /** How many runs were complete since the process started. */
  readonly complete: number;
  /** How many failed since the last complete one. */
  readonly failed: number;
  /** How the last one ended; nothing before the first. */
  readonly end?: RunEnd;
  /** When it ended, in milliseconds since the process started. */
  readonly endedAt: number;
}

export const NO_RUNS: Runs = { complete: 0, failed: 0, endedAt: 0 };

/** How a run ended, by how each of its lists did. */
export const endOfBoth = (ends: readonly RunEnd[]): RunEnd =>
  (['failed', 'early', 'held'] as const).find((end) => ends.includes(end)) ?? 'complete';

/** One more run. */
export const afterRun = ({ complete, failed }: Runs, end: RunEnd, endedAt: number): Runs => {
  switch (end) {
    case 'complete':
      return { complete: complete + 1, failed: 0, end, endedAt };
    case 'failed':
      return { complete, failed: failed + 1, end, endedAt };
    case 'held':
    case 'early':
      return { complete, failed, end, endedAt };
  }
};

/** When the next run of an account is due, in milliseconds since the process started. */
export const nextRunAt = ({ complete, failed, end, endedAt }: Runs): number => {
  if (end === 'held') return endedAt + WHILE_HELD_MS;
  if (end === 'early') return endedAt + AFTER_EARLY_MS;
  if (failed > 0) return endedAt + Math.min(AFTER_FAILURE_MS * 2 ** (failed - 1), READ_EVERY_MS);
  return AFTER_START_MS[complete] ?? endedAt + READ_EVERY_MS;
};

/** Since when, in milliseconds since the process started, another's reading of a list serves as well as our own. */
export const servesSince = ({ complete, endedAt }: Runs): number => AFTER_START_MS[complete] ?? endedAt;

import { isFinal } from './evidence.domain.js';

/**
 * Its own webhooks may still be on their way, or in the spool of a busy host. Shorter than the second reading is after
 * the start, so that this one has all that ended before it.
 */
export const JUST_ENDED_MS = 30_000;

/** Whether a call is over for so long that what is not known of it will not come by itself; times in milliseconds. */
export const isOver = (
  { status, endedAt }: { readonly status: string; readonly endedAt: number | null },
  now: number,
): boolean => isFinal(status) && now - (endedAt ?? 0) > JUST_ENDED_MS;

/** What was decided about a call that nobody told us of: where nobody was rung, no hub was there. */
export const seenPlan = (legs: readonly unknown[]): 'unattended' | 'dial' =>
  legs.length === 0 ? 'unattended' : 'dial';

/** A call that is listed as not over is not swept before the list was read again, in milliseconds from now. */
export const keptFromSweepMs = (readEveryMs: number): number => readEveryMs + 60_000;

/** An outage that is over so soon was a busy database. */
const BLINK_MS = 1_000;
/** The longest head start: until then all connections are new, and what waits on the disk would slow callers down. */
const HEAD_START_MS = 2_500;
/** How long, once the database is back, callers have it to themselves: after a blink not at all, nor longer than it was away. */
const headStartMs = (awayForMs: number): number =>
  awayForMs < BLINK_MS ? 0 : Math.min(awayForMs, HEAD_START_MS);
/**
 * How long other hosts are given, once the database is back, to bring what waits on their disks: they too give callers a
 * head start, take events from there at least half as fast as those come, and those that had to find out that it is back
 * begin within seconds; after a minute and a half nobody waits for them. A blink leaves next to nothing.
 */
const othersDrainMs = (awayForMs: number): number =>
  Math.min(headStartMs(awayForMs) + (awayForMs < BLINK_MS ? 0 : 5_000) + 2 * awayForMs, 90_000);
/** Longer than this nobody waits for a disk: a call that is older is not texted any more. */
export const DISK_AWAITED_MS = 10 * 60_000;

/** What is known of events that were answered and may not be in the database yet. */
export interface Waiting {
  /** Whether any waits on this host. */
  readonly isHere: boolean;
  /** For how long the database has been back since it was last away, in milliseconds; Infinity when it never was. */
  readonly backForMs: number;
  /** For how long it was away then, in milliseconds. */
  readonly awayForMs: number;
}

/**
 * How long nothing has to be heard of something, in milliseconds, before that says that nothing comes: 0, unless words
 * of it may wait here, or, when it began before the database was back, elsewhere; nobody knows how long (Infinity)
 * while the database has not been back for long enough to bring them.
 * @param ageMs how long ago it began, in milliseconds
 */
export const silenceTellsAfterMs = ({ isHere, backForMs, awayForMs }: Waiting, ageMs: number): number => {
  const isElsewhere = backForMs < othersDrainMs(awayForMs) && ageMs > backForMs;
  if (!isHere && !isElsewhere) return 0;
  return backForMs < DISK_AWAITED_MS ? Number.POSITIVE_INFINITY : DISK_AWAITED_MS;
};

/** Whether what waits on the disk may be brought now, without slowing down those who wait for an answer. */
export const mayDrain = ({ backForMs, awayForMs }: Omit<Waiting, 'isHere'>): boolean =>
  backForMs >= headStartMs(awayForMs);

/** What waits, in batches of one tenant each, of so many at most; a batch comes when its first comes. */
export const batchesOf = <T>(
  waiting: readonly T[],
  tenantOf: (one: T) => string | null,
  most: number,
): readonly (readonly T[])[] => {
  const batches: T[][] = [];
  const open = new Map<string | null, T[]>();
  for (const one of waiting) {
    const batch = open.get(tenantOf(one));
    if (batch !== undefined && batch.length < most) batch.push(one);
    else {
      const next = [one];
      open.set(tenantOf(one), next);
      batches.push(next);
    }
  }
  return batches;
};

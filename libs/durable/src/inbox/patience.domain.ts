/** An event that fails so often, each time while others pass, and for so long, is held up by no outage and no lock. */
const MOST_TRIES = 5;
const HELD_UP_MS = 30_000;

/** How often an event was tried in vain, as far as that tells something, and how many others had been kept by then. */
export interface Tries {
  readonly count: number;
  readonly othersKept: number;
  /** When the first of them was, in milliseconds of any clock that does not jump. */
  readonly since: number;
}

/** One more try in vain: it tells something only if others were kept since the one before. */
export const triedAgain = (before: Tries | undefined, othersKept: number, at: number): Tries => {
  const counts = before === undefined || othersKept > before.othersKept;
  return { count: (before?.count ?? 0) + (counts ? 1 : 0), othersKept, since: before?.since ?? at };
};

/** Whether the event itself is at fault, by the same clock. */
export const isHopeless = ({ count, since }: Tries, at: number): boolean =>
  count >= MOST_TRIES && at - since >= HELD_UP_MS;

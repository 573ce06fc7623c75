/** An event that fails so often, each time while others pass, is not held up by an outage. */
const MOST_TRIES = 5;

/** How often an event was tried in vain, as far as that tells something, and how many others had been kept by then. */
export interface Tries {
  readonly count: number;
  readonly othersKept: number;
}

/** One more try in vain: it tells something only if others were kept since the one before. */
export const triedAgain = (before: Tries | undefined, othersKept: number): Tries => {
  const counts = before === undefined || othersKept > before.othersKept;
  return { count: (before?.count ?? 0) + (counts ? 1 : 0), othersKept };
};

/** Whether the event itself is at fault. */
export const isHopeless = ({ count }: Tries): boolean => count >= MOST_TRIES;

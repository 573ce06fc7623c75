/**
 * What each part of a stop may take, in milliseconds: requests are served and then the doors close, while jobs in hand
 * finish; the rest follows, one after the other.
 */
export const STOP_MS = {
  /** Requests are still taken: as long as a lame duck may live, and meanwhile for jobs in hand. */
  serving: 10_000,
  /** Requests in hand when the doors close; then their connections are cut. */
  requests: 2_000,
  /** Jobs in hand, from the begin of the stop on; what outlasts it is given back. */
  jobs: 12_000,
  /** The word to the others that we are gone; whoever comes next frees what a silent database was not told. */
  farewell: 500,
  /** The event that is being taken from the disk: it stays there, and is taken again. */
  drain: 250,
  /** The routing, when it has just changed. */
  snapshot: 250,
  /** What only memory has, to the disk. */
  spool: 1_000,
  /** Connections that somebody still holds. */
  pools: 250,
} as const;

/** Nobody waits for a stop any longer: whatever is in hand then is cut off, and said. */
export const STOP_CUT_OFF_MS = 14_500;

/** What a stop takes when each part takes all of its share. */
export const longestStopMs = ({
  serving,
  requests,
  jobs,
  farewell,
  drain,
  snapshot,
  spool,
  pools,
}: typeof STOP_MS): number =>
  Math.max(serving + requests, jobs + farewell) + drain + snapshot + spool + pools;

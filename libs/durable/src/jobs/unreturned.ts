/**
 * Whether a rejection that nobody heard is the job library's (graphile-worker 0.18, localQueue.js): it ends with jobs
 * waiting, cannot give them back because the database is away, and has let go of the promise by then. It would end the
 * process; the heartbeat frees those jobs, as it does all of an ended pool.
 */
export const isOfUnreturnedJobs = (rejection: unknown): boolean =>
  rejection instanceof Error &&
  rejection.message.startsWith('Error occurred whilst returning jobs from local queue');

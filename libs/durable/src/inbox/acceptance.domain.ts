/**
 * Who waits for the answer to an event. `caller`: somebody hears it. `nobody`: better late than only in our memory.
 * `must-be-kept`: it can be brought again, so it is answered only when the database or the disk has it.
 */
export type Waits = 'caller' | 'nobody' | 'must-be-kept';

/** How long the database may take for one event, in milliseconds. */
export const KEEP_WITHIN_MS = 4_000;
/** And, for several in one transaction, for one statement: who waits longer holds up what the others have locked. */
export const TOGETHER_WITHIN_MS = 1_000;
/** How long an event waits for the database before it takes the other road, in milliseconds. */
export const DATABASE_WITHIN_MS = 200;
/** And then for the disk. */
export const DISK_WITHIN_MS = 250;
/** An event that goes to the disk on purpose waits for it no longer than a good disk takes, in milliseconds. */
export const DETOUR_WITHIN_MS = 50;
/** What the database and the disk refuse is offered to both again so often: one of them may only be slow. */
export const OFFER_EVERY_MS = 500;

/** Why the disk has not taken an event: it refused it, or did not answer in time. */
export type Untaken = 'refused' | 'late';

/** What becomes of an event that the disk did not take either; times in milliseconds, from then on. */
export interface LastResort {
  /** How long the database is waited for after all. */
  readonly databaseMs: number;
  /** For how long both are asked again while the database is away: a disk that is slow may take it yet. */
  readonly offerForMs: Readonly<Record<Untaken, number>>;
  /** Whether it is answered on the strength of our memory alone; else it is refused. */
  readonly mayBeRemembered: boolean;
}

/** Twilio waits 15 s for an answer, and a caller who hears nothing hangs up long before. */
export const LAST_RESORTS: Readonly<Record<Waits, LastResort>> = {
  caller: { databaseMs: 0, offerForMs: { refused: 0, late: 0 }, mayBeRemembered: true },
  nobody: { databaseMs: 10_000, offerForMs: { refused: 0, late: 3_000 }, mayBeRemembered: true },
  'must-be-kept': { databaseMs: 10_000, offerForMs: { refused: 3_000, late: 3_000 }, mayBeRemembered: false },
};

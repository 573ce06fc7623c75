import { addressOf, isOutage, pause, within, type DatabaseAddress, type Log } from '#libs/platform';

import { migrate } from './database.js';

const RETRY_MS = 1_000;
/** Another instance may be migrating, or the network falls silent: callers do not wait for either. */
const OPEN_WITHIN_MS = 5_000;
/** An attempt that takes longer is left to itself, which harms nobody, and another one begins. */
const ATTEMPT_WITHIN_MS = 60_000;

/** Brings the schema up to date; only then the application may connect. */
const open = async (address: DatabaseAddress, found: DatabaseAddress): Promise<void> => {
  await migrate(found);
  address.reachedWith(found.options);
};

const unlessAway = <T>(work: Promise<T>): Promise<T | null> =>
  work.catch((error: unknown) => {
    if (isOutage(error)) return null;
    throw error;
  });

/**
 * Whether the database is there within so many milliseconds, and soon open.
 * @throws what it says when it is there and does not take us
 */
export const reachNow = async (address: DatabaseAddress, withinMs: number): Promise<boolean> => {
  const found = await within(unlessAway(addressOf(address.url)), withinMs);
  if (found === null || found === 'late') return false;
  const opening = unlessAway(open(address, found).then(() => true));
  return (await within(opening, Math.max(withinMs, OPEN_WITHIN_MS))) === true;
};

/**
 * Whether the start's first words to the database were taken within so many milliseconds: it may have gone since, or
 * only let us read.
 * @throws what it says when it is there and does not take them
 */
export const takenNow = async (work: Promise<unknown>, withinMs: number): Promise<boolean> =>
  (await within(unlessAway(work.then(() => true)), withinMs)) === true;

interface Waiting {
  readonly isStopping: () => boolean;
  /** What the start left undone. */
  readonly finish: () => Promise<void>;
  readonly log: Log;
}

/** Keeps looking for a database that was away at the start, and finishes the start; or gives up when the hub stops. */
export const reachLater = async (
  address: DatabaseAddress,
  { isStopping, finish, log }: Waiting,
): Promise<void> => {
  while (!isStopping()) {
    try {
      const opening = addressOf(address.url).then((found) => open(address, found).then(() => true));
      if ((await within(opening, ATTEMPT_WITHIN_MS)) === true) return await finish();
      log.warn('the database is there, and does not let us begin: is its schema being changed?');
    } catch (error) {
      if (isOutage(error)) log.warn('the database is still away', { error: String(error) });
      else log.error('the database does not take us: look at DATABASE_URL', error);
      await pause(RETRY_MS);
    }
  }
};

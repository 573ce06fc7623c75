import { addressOf, isOutage, type DatabaseAddress, type Log } from '#libs/platform';

import { migrate } from './database.js';

const RETRY_MS = 1_000;

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

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

/** Whether the database is there within so many milliseconds, and open. @throws what it says when it is there and does not take us */
export const reachNow = async (address: DatabaseAddress, withinMs: number): Promise<boolean> => {
  const looking = unlessAway(addressOf(address.url));
  looking.catch(() => undefined);
  const found = await Promise.race([looking, pause(withinMs).then(() => null)]);
  return found !== null && (await unlessAway(open(address, found).then(() => true))) === true;
};

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
      await open(address, await addressOf(address.url));
      return await finish();
    } catch (error) {
      if (isOutage(error)) log.warn('the database is still away', { error: String(error) });
      else log.error('the database does not take us: look at DATABASE_URL', error);
      await pause(RETRY_MS);
    }
  }
};

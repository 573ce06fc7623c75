import { addressOf, isOutage, type DatabaseAddress, type Log } from '#libs/platform';

import { migrate } from './database.js';

/** A database that is away is not waited for: calls are answered by the sealed snapshot. */
const FIRST_LOOK_MS = 1_000;
const RETRY_MS = 1_000;

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Finds out as whom to connect, and brings the schema up to date; only then the application may. */
export const reach = async (address: DatabaseAddress): Promise<void> => {
  const found = await addressOf(address.url);
  await migrate(found);
  address.reachedWith(found.options);
};

/** Whether the database is there now. @throws what it says when it is there and does not take us */
export const isThere = (reaching: Promise<void>): Promise<boolean> =>
  Promise.race([
    reaching.then(
      () => true,
      (error: unknown) => {
        if (isOutage(error)) return false;
        throw error;
      },
    ),
    pause(FIRST_LOOK_MS).then(() => false),
  ]);

/** Keeps looking for a database that was away at the start; false when the hub stops before it came. */
export const follow = async (
  reaching: Promise<void>,
  {
    address,
    isStopping,
    log,
  }: { readonly address: DatabaseAddress; readonly isStopping: () => boolean; readonly log: Log },
): Promise<boolean> => {
  for (let next = reaching; !isStopping(); next = reach(address)) {
    try {
      await next;
      return true;
    } catch (error) {
      log.warn('the database is still away', { error: String(error) });
      await pause(RETRY_MS);
    }
  }
  return false;
};

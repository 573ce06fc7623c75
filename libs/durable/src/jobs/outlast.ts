import { isOutage, pause } from '#libs/platform';

const PAUSE_MS = 1_000;
const LOOK_EVERY_MS = 250;
/** Outages that only this work meets may be its own doing: with more of them than this, it has failed. */
const MOST_OF_ITS_OWN = 5;

/** What is known of the outage, and of us. */
export interface Outlook {
  readonly isAway: () => boolean;
  readonly isStopping: () => boolean;
}

const itsEnd = async ({ isAway, isStopping }: Outlook): Promise<void> => {
  await pause(PAUSE_MS);
  while (isAway() && !isStopping()) await pause(LOOK_EVERY_MS);
};

/**
 * Does work that may be done again, until it ends or fails by itself: an outage of the database delays it, and nothing
 * else.
 * @throws what the work throws that is no outage; an outage when we stop, or when it is met again and again with a
 *   database that is there for all the others
 */
export const outlasting = async (work: () => Promise<void>, outlook: Outlook): Promise<void> => {
  for (let ofItsOwn = 0; ;) {
    try {
      return await work();
    } catch (error) {
      if (!outlook.isAway()) ofItsOwn += 1;
      if (!isOutage(error) || outlook.isStopping() || ofItsOwn > MOST_OF_ITS_OWN) throw error;
    }
    await itsEnd(outlook);
  }
};

import { describe, expect, it } from '@jest/globals';
import { Unavailable } from '#libs/platform';

import { outlasting } from './outlast.js';

const OUTAGE = new Unavailable('database-unavailable', 'The database is away.');
const there = { isAway: () => false, isStopping: () => false };

/** Work that fails so often by this, and then ends. */
const failing = (times: number, error: Error): { work: () => Promise<void>; runs: () => number } => {
  let runs = 0;
  const work = (): Promise<void> => {
    runs += 1;
    return runs > times ? Promise.resolve() : Promise.reject(error);
  };
  return { work, runs: () => runs };
};

describe('work that outlasts outages', () => {
  it('is done again after one', async () => {
    const { work, runs } = failing(1, OUTAGE);
    await outlasting(work, there);
    expect(runs()).toBe(2);
  });

  it('waits while the database is away, and is done once that is back', async () => {
    const { work, runs } = failing(1, OUTAGE);
    let away = true;
    const done = outlasting(work, { ...there, isAway: () => away });
    setTimeout(() => (away = false), 1_600);
    setTimeout(() => expect(runs()).toBe(1), 1_500);
    await done;
    expect(runs()).toBe(2);
  });

  it('has failed when it fails by itself', async () => {
    const { work, runs } = failing(1, new Error('a mistake'));
    await expect(outlasting(work, there)).rejects.toThrow('a mistake');
    expect(runs()).toBe(1);
  });

  it('has failed when it meets outages that nobody else does, so that it is not done for ever', async () => {
    const { work, runs } = failing(Number.POSITIVE_INFINITY, OUTAGE);
    await expect(outlasting(work, there)).rejects.toThrow(OUTAGE);
    expect(runs()).toBe(6);
  });

  it('is given up when the process stops meanwhile', async () => {
    const { work } = failing(Number.POSITIVE_INFINITY, OUTAGE);
    let stopping = false;
    const done = outlasting(work, { isAway: () => true, isStopping: () => stopping });
    setTimeout(() => (stopping = true), 100);
    await expect(done).rejects.toThrow(OUTAGE);
  });
});

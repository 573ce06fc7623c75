import { setTimeout as after } from 'node:timers/promises';

/** Waits so many milliseconds. */
export const pause = (ms: number): Promise<void> => after(ms);

/**
 * What work gives, or `late` after so many milliseconds: it goes on all the same, and a failure after that is nobody's.
 * @throws what work throws in time
 */
export const within = <T>(work: Promise<T>, ms: number): Promise<T | 'late'> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((done) => {
    timer = setTimeout(() => done('late'), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

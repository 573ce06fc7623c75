import { describe, expect, it } from '@jest/globals';

import { isHopeless, triedAgain, type Tries } from './patience.domain.js';

const after = (othersKept: readonly number[]): Tries | undefined =>
  othersKept.reduce<Tries | undefined>((tries, kept) => triedAgain(tries, kept, 0), undefined);

describe('an event that the database does not take', () => {
  it('is hopeless after five tries between which others were taken', () => {
    const tries = [0, 1, 2, 3, 4].map((_, index) => after([3, 4, 9, 10, 11].slice(0, index + 1)));
    expect(tries.map((one) => one !== undefined && isHopeless(one, 30_000))).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
  });

  it('is held up by nobody for half a minute: a lock is let go by then', () => {
    const tries = triedAgain(after([1, 2, 3, 4]), 5, 29_000);
    expect([29_999, 30_000].map((at) => isHopeless(tries, at))).toEqual([false, true]);
  });

  it('is innocent while none is taken, however often it was tried', () => {
    expect(after(Array.from({ length: 1_000 }, () => 7))?.count).toBe(1);
    expect(after([7, 7, 7, 8, 8, 8, 9, 9])?.count).toBe(3);
  });
});

import { describe, expect, it } from '@jest/globals';

import {
  endOfBoth,
  afterRun,
  isBeyondReach,
  listedSince,
  NO_RUNS,
  nextRunAt,
  servesSince,
} from './gap-window.domain.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('the window of a gap', () => {
  it('reaches back before the last complete list, but never further than a day', () => {
    expect(listedSince(5 * HOUR, 4 * HOUR)).toBe(4 * HOUR - 10 * MINUTE);
    expect(listedSince(100 * HOUR, 4 * HOUR)).toBe(76 * HOUR);
    expect(isBeyondReach(100 * HOUR, 4 * HOUR)).toBe(true);
    expect(isBeyondReach(28 * HOUR, 4 * HOUR)).toBe(false);
  });

  it('is looked at right after a start, twice more within two minutes, then every ten minutes', () => {
    const at = (complete: number, endedAt: number): number =>
      nextRunAt({ complete, failed: 0, end: 'complete', endedAt });
    expect([at(0, 0), at(1, 500), at(2, 41_000), at(3, 91_000)]).toEqual([
      0,
      40_000,
      90_000,
      91_000 + 10 * MINUTE,
    ]);
  });

  it('is tried again ever more slowly while the lists cannot be had', () => {
    const after = (failed: number): number => nextRunAt({ complete: 0, failed, end: 'failed', endedAt: 0 });
    expect([1, 2, 3, 4, 5, 6, 20].map(after)).toEqual(
      [30, 60, 120, 240, 480, 600, 600].map((seconds) => seconds * 1_000),
    );
  });

  it('is tried again within seconds while another process has a list, and that counts as no reading', () => {
    const held = afterRun(NO_RUNS, 'held', 1_000);
    expect(held).toMatchObject({ complete: 0, failed: 0 });
    expect(nextRunAt(held)).toBe(6_000);
    expect(afterRun(held, 'complete', 7_000)).toMatchObject({ complete: 1, end: 'complete' });
  });

  it('is read again soon, and as often as it must, while not all of it can be told', () => {
    const early = afterRun(afterRun(NO_RUNS, 'early', 1_000), 'early', 17_000);
    expect(early).toMatchObject({ complete: 0, failed: 0 });
    expect(nextRunAt(early)).toBe(32_000);
    expect([endOfBoth(['complete', 'early']), endOfBoth(['failed', 'early'])]).toEqual(['early', 'failed']);
  });

  it("is closed by another's reading that began since ours was due", () => {
    const at = (complete: number): number => servesSince({ ...NO_RUNS, complete, endedAt: 91_000 });
    expect([0, 1, 2, 3].map(at)).toEqual([0, 40_000, 90_000, 91_000]);
  });
});

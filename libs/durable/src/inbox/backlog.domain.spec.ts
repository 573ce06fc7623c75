import { describe, expect, it } from '@jest/globals';

import { batchesOf, mayDrain, silenceTellsAfterMs, type Waiting } from './backlog.domain.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const NEVER_AWAY = Number.POSITIVE_INFINITY;
const NOBODY_KNOWS = Number.POSITIVE_INFINITY;

describe('silence about a call', () => {
  it.each<[string, Waiting, number, number]>([
    [
      'tells at once when nothing waits',
      { isHere: false, awayForMs: MINUTE, backForMs: NEVER_AWAY },
      MINUTE,
      0,
    ],
    [
      'tells nothing while the database is away',
      { isHere: false, awayForMs: MINUTE, backForMs: 0 },
      MINUTE,
      NOBODY_KNOWS,
    ],
    [
      'tells at once of a call that began since',
      { isHere: false, awayForMs: MINUTE, backForMs: 30 * SECOND },
      20 * SECOND,
      0,
    ],
    [
      'tells nothing while others bring theirs',
      { isHere: false, awayForMs: MINUTE, backForMs: 89_999 },
      MINUTE * 2,
      NOBODY_KNOWS,
    ],
    [
      'tells at once when they have brought it',
      { isHere: false, awayForMs: MINUTE, backForMs: 90_000 },
      MINUTE * 2,
      0,
    ],
    [
      'tells nothing for longer than they need after a short outage',
      { isHere: false, awayForMs: SECOND, backForMs: 7_999 },
      MINUTE,
      NOBODY_KNOWS,
    ],
    ['tells at once after a blink', { isHere: false, awayForMs: 300, backForMs: 600 }, MINUTE, 0],
    ['tells soon after that', { isHere: false, awayForMs: SECOND, backForMs: 8_000 }, MINUTE, 0],
    [
      'tells nothing while words wait here',
      { isHere: true, awayForMs: MINUTE, backForMs: 9 * MINUTE },
      MINUTE,
      NOBODY_KNOWS,
    ],
    [
      'tells after ten minutes whatever waits',
      { isHere: true, awayForMs: MINUTE, backForMs: 10 * MINUTE },
      MINUTE,
      10 * MINUTE,
    ],
    [
      'tells so too where it never was away',
      { isHere: true, awayForMs: MINUTE, backForMs: NEVER_AWAY },
      MINUTE,
      10 * MINUTE,
    ],
  ])('%s', (_, waiting, ageMs, tellsAfterMs) => {
    expect(silenceTellsAfterMs(waiting, ageMs)).toBe(tellsAfterMs);
  });
});

describe('what waits on the disk', () => {
  it.each<[string, number, number, boolean]>([
    ['may be brought where the database never was away', 0, NEVER_AWAY, true],
    ['waits while the database is away', MINUTE, 0, false],
    ['waits until callers have their connections', MINUTE, 2_499, false],
    ['may be brought then', MINUTE, 2_500, true],
    ['waits no longer than a short outage was', 1_500, 1_500, true],
    ['waits for as long as that', 1_500, 1_499, false],
    ['may be brought at once after a blink', 300, 1, true],
  ])('%s', (_, awayForMs, backForMs, may) => {
    expect(mayDrain({ awayForMs, backForMs })).toBe(may);
  });
});

describe('batches', () => {
  const tenantOf = (one: string): string | null => one[0] ?? null;

  it('are of one tenant each, and of so many at most, in the order in which each began', () => {
    const waiting = ['a1', 'b1', 'a2', 'a3', 'b2', 'a4', 'c1'];
    expect(batchesOf(waiting, tenantOf, 2)).toEqual([['a1', 'a2'], ['b1', 'b2'], ['a3', 'a4'], ['c1']]);
  });

  it('are none when nothing waits', () => {
    expect(batchesOf([], tenantOf, 2)).toEqual([]);
  });
});

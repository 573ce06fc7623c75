import { describe, expect, it } from '@jest/globals';

import { judge, NOTHING_SEEN, UNREADABLE, witnessOf, type Seen, type Witness } from './witness.domain.js';

describe('a database beside what was remembered of it', () => {
  const seen: Seen = { installation: 'one', seq: 100, trippedAt: null, now: 5_000 };
  const witness: Witness = { installation: 'one', seq: 100, checkedAt: 4_000, trippedAt: null };

  it.each<[string, Partial<Witness>, Partial<Seen>, string]>([
    ['is as it was', {}, {}, 'agrees'],
    ['went on', {}, { seq: 101 }, 'agrees'],
    ['lost an attempt', {}, { seq: 99 }, 'went-back'],
    ['lost all of them', {}, { seq: 0 }, 'went-back'],
    ['was never seen', NOTHING_SEEN, {}, 'adopt'],
    ['is another', {}, { installation: 'two', seq: 0 }, 'adopt'],
    ['was found by somebody else to have gone back', {}, { seq: 50, trippedAt: 4_500 }, 'adopt'],
    ['has forgotten that it went back', { trippedAt: 3_000 }, {}, 'went-back'],
    ['has forgotten that it went back twice', { trippedAt: 3_000 }, { trippedAt: 2_000 }, 'went-back'],
    ['still knows that it went back', { trippedAt: 3_000 }, { trippedAt: 3_000 }, 'agrees'],
    ['may have gone back, for all that can be read', UNREADABLE, {}, 'went-back'],
    ['has sent nothing, whatever cannot be read', UNREADABLE, { seq: 0 }, 'adopt'],
    ['went back to after an earlier restore', {}, { seq: 50, trippedAt: 3_000 }, 'went-back'],
  ])('%s', (_, remembered, found, verdict) => {
    expect(judge({ ...witness, ...remembered }, { ...seen, ...found })).toBe(verdict);
  });

  it('is remembered as it was seen', () => {
    expect(witnessOf(seen)).toEqual({ installation: 'one', seq: 100, checkedAt: 5_000, trippedAt: null });
    const tripped = { ...seen, trippedAt: 4_900 };
    for (const one of [seen, tripped]) expect(judge(witnessOf(one), one)).toBe('agrees');
  });
});

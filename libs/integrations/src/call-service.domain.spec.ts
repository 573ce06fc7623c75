import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { waitSeconds } from './call-service.domain.js';

describe('the wait between two attempts', () => {
  it('starts at 1 s and doubles up to 5 minutes', () => {
    const waits = [1, 2, 3, 4, 9, 10, 11, 900].map((attempts) => waitSeconds(attempts, 0.5));
    expect(waits).toEqual([1, 2, 4, 8, 256, 300, 300, 300]);
  });

  it('never strays more than a quarter', () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), chance, (attempts, drawn) => {
        const ratio = waitSeconds(attempts, drawn) / waitSeconds(attempts, 0.5);
        expect(ratio).toBeGreaterThanOrEqual(0.75);
        expect(ratio).toBeLessThanOrEqual(1.25);
      }),
    );
  });
});

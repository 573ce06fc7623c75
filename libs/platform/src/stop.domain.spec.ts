import { describe, expect, it } from '@jest/globals';

import { longestStopMs, STOP_CUT_OFF_MS, STOP_MS } from './stop.domain.js';

/** What the operator is promised (docs/operations.md, Deploys). */
const PROMISED_MS = 15_000;

describe('the shares of a stop', () => {
  it('add up to less than after which it is cut off, and that is within what is promised', () => {
    expect(longestStopMs(STOP_MS)).toBeLessThan(STOP_CUT_OFF_MS);
    expect(STOP_CUT_OFF_MS).toBeLessThan(PROMISED_MS);
  });

  it('let jobs finish as long as requests in hand, and for the 12 s of the contract', () => {
    expect(STOP_MS.jobs).toBeGreaterThanOrEqual(STOP_MS.serving + STOP_MS.requests);
    expect(STOP_MS.jobs).toBe(12_000);
  });
});

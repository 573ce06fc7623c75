import { describe, expect, it } from '@jest/globals';

import {
  DATABASE_WITHIN_MS,
  DISK_WITHIN_MS,
  KEEP_WITHIN_MS,
  LAST_RESORTS,
  OFFER_EVERY_MS,
  type Untaken,
  type Waits,
} from './acceptance.domain.js';

const TWILIO_WAITS_MS = 15_000;
const WAITS = Object.keys(LAST_RESORTS) as readonly Waits[];

/** The last offer begins just before the time for it is over. */
const longestMs = (waits: Waits, untaken: Untaken): number => {
  const { databaseMs, offerForMs } = LAST_RESORTS[waits];
  const offered = offerForMs[untaken] === 0 ? 0 : offerForMs[untaken] + OFFER_EVERY_MS + DISK_WITHIN_MS;
  return DATABASE_WITHIN_MS + DISK_WITHIN_MS + Math.max(databaseMs, offered);
};

describe('an event that neither the database nor the disk takes', () => {
  it('keeps a caller waiting for less than half a second', () => {
    expect(longestMs('caller', 'late')).toBeLessThan(500);
    expect(longestMs('caller', 'refused')).toBeLessThan(500);
  });

  it.each(WAITS)('is answered while Twilio waits (%s), with seconds to spare', (waits) => {
    expect(longestMs(waits, 'late')).toBeLessThan(TWILIO_WAITS_MS - 3_000);
  });

  it.each([
    ['nobody', 'late'],
    ['must-be-kept', 'late'],
    ['must-be-kept', 'refused'],
  ] as const)(
    'is offered several times (%s, %s), and the last offer has all the time that the database may take',
    (waits, untaken) => {
      const { databaseMs, offerForMs } = LAST_RESORTS[waits];
      expect(offerForMs[untaken] / (OFFER_EVERY_MS + DISK_WITHIN_MS)).toBeGreaterThanOrEqual(3);
      expect(longestMs(waits, untaken) - DATABASE_WITHIN_MS - DISK_WITHIN_MS).toBe(databaseMs);
      expect(databaseMs - offerForMs[untaken] - OFFER_EVERY_MS - DISK_WITHIN_MS).toBeGreaterThanOrEqual(
        KEEP_WITHIN_MS,
      );
    },
  );

  it('is not offered again to a disk that refuses it when memory may have it', () => {
    const remembered = WAITS.filter((waits) => LAST_RESORTS[waits].mayBeRemembered);
    expect(remembered.map((waits) => LAST_RESORTS[waits].offerForMs.refused)).toEqual([0, 0]);
  });

  it('is refused only where it can be brought again, and then never rests on our memory alone', () => {
    expect(WAITS.filter((waits) => !LAST_RESORTS[waits].mayBeRemembered)).toEqual(['must-be-kept']);
  });
});

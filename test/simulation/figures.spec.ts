import { describe, expect, it } from '@jest/globals';

import { JUST_ENDED_MS, keptFromSweepMs } from '../../libs/calls/src/import.domain.js';
import { meaningOf } from '../../libs/conversations/src/reception.domain.js';
import { LATE_MINUTES } from '../../libs/conversations/src/text-back/text-back.domain.js';
import { DISK_AWAITED_MS } from '../../libs/durable/src/inbox/backlog.domain.js';
import { TAKE_NO_STEP, type Wish } from '../../libs/sms/src/message.domain.js';
import { TEXT_BACK_MS } from '../../libs/sms/src/sending/resend.domain.js';
import { SECOND_LOOK_MS, TOO_OLD_TO_WAIT_MS } from '../../libs/sms/src/settling/look.domain.js';
import {
  AFTER_START_MS,
  LEASE_MS,
  LONGEST_GAP_MS,
  OVERLAP_MS,
  READ_EVERY_MS,
  RENEW_MS,
  SWEEPS_WAIT_MS,
} from '../../libs/twilio/src/gaps/gap-window.domain.js';
import { MINUTE } from './world.js';

describe('figures of several modules agree', () => {
  it('on when a caller is texted too late', () => {
    expect(LATE_MINUTES * MINUTE).toBe(TEXT_BACK_MS);
  });

  it('on what a sweep waits for: a call that it closes without the lists is too old for a text', () => {
    expect(SWEEPS_WAIT_MS).toBeGreaterThanOrEqual(TEXT_BACK_MS);
    expect(SWEEPS_WAIT_MS).toBeGreaterThan(AFTER_START_MS[2]);
  });

  it('on words that wait on a disk: whoever is heard of only then is too old for a text', () => {
    expect(DISK_AWAITED_MS).toBeGreaterThanOrEqual(TEXT_BACK_MS);
  });

  it('on calls that go on while the list is read: it is read again before they are swept', () => {
    expect(keptFromSweepMs(READ_EVERY_MS)).toBeGreaterThan(READ_EVERY_MS);
  });

  it('on calls that had just ended when the list was first read: the second reading has them', () => {
    expect(JUST_ENDED_MS).toBeLessThan(AFTER_START_MS[1] - AFTER_START_MS[0]);
  });

  it('on how far back a list reaches: a text is in one reading at least before it is asked for alone', () => {
    expect(OVERLAP_MS).toBeGreaterThanOrEqual(READ_EVERY_MS);
    expect(LONGEST_GAP_MS).toBeGreaterThan(OVERLAP_MS);
  });

  it('on who reads a list: whoever lives says so twice before it is taken from him', () => {
    expect(2 * RENEW_MS).toBeLessThan(LEASE_MS);
  });

  it('on texts of which a list cannot tell: they are held within ten minutes', () => {
    expect(TOO_OLD_TO_WAIT_MS + SECOND_LOOK_MS).toBeLessThan(10 * MINUTE);
  });

  it.each<Wish>(['stop', 'start', 'help', 'opt-out', 'ambiguous', null])(
    'on which texts begin no other answer than the one that was lost: wish %s',
    (wish) => {
      const around = { body: 'x', optedOut: false, blocked: false, isEmergency: false };
      const { step } = meaningOf({ wish, answeredByTwilio: false, ...around });
      expect(step === null).toBe(TAKE_NO_STEP.includes(wish ?? ''));
    },
  );
});

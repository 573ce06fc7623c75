import { describe, expect, it } from '@jest/globals';

import { isTooLate, resendOf, type Resend, type SendKind, type Since } from './resend.domain.js';

const NOBODY: Since = { inbound: false, human: false };
const CUSTOMER: Since = { inbound: true, human: false };
const PERSON: Since = { inbound: false, human: true };
const MINUTE = 60_000;

const resend: Resend = { kind: 'resend' };
const hold: Resend = { kind: 'hold', why: 'absent' };
const stale: Resend = { kind: 'drop', why: 'stale' };
const late: Resend = { kind: 'drop', why: 'too-late' };

describe('a text that has waited', () => {
  it.each<[SendKind['purpose'], number | null]>([
    ['text-back', 10],
    ['opt-out-confirmation', 5],
    ['reply', null],
    ['scheduled', null],
    ['holding', null],
    ['help', null],
    ['emergency', null],
    ['relay', null],
  ])('%s is too late after %p min', (purpose, minutes) => {
    const after = (minutes ?? 1_000_000) * MINUTE;
    expect(isTooLate(purpose, after - 1)).toBe(false);
    expect(isTooLate(purpose, after)).toBe(minutes !== null);
  });
});

describe('a text that Twilio never got', () => {
  it.each<[Pick<SendKind, 'author' | 'purpose'>, Since, number, Resend]>([
    [{ author: 'system', purpose: 'text-back' }, NOBODY, 9, resend],
    [{ author: 'system', purpose: 'text-back' }, CUSTOMER, 9, resend],
    [{ author: 'system', purpose: 'text-back' }, PERSON, 9, stale],
    [{ author: 'system', purpose: 'text-back' }, NOBODY, 10, late],
    [{ author: 'ai', purpose: 'reply' }, NOBODY, 60, resend],
    [{ author: 'ai', purpose: 'reply' }, CUSTOMER, 1, stale],
    [{ author: 'ai', purpose: 'reply' }, PERSON, 1, stale],
    [{ author: 'system', purpose: 'holding' }, CUSTOMER, 1, stale],
    [{ author: 'system', purpose: 'opt-out-confirmation' }, CUSTOMER, 4, resend],
    [{ author: 'system', purpose: 'opt-out-confirmation' }, CUSTOMER, 5, late],
    [{ author: 'system', purpose: 'emergency' }, { inbound: true, human: true }, 60, resend],
    [{ author: 'human', purpose: 'reply' }, NOBODY, 1, hold],
    [{ author: 'human', purpose: 'scheduled' }, NOBODY, 1, hold],
  ])('%j, with %j since, after %i min', (kind, since, minutes, verdict) => {
    const send = { ...kind, createdAt: 0, recalled: false, attempts: [{ outcome: 'absent' }] };
    expect(resendOf(send, { at: minutes * MINUTE, since })).toEqual(verdict);
  });

  it.each([
    [['absent', 'absent'], resend],
    [['absent', 'absent', 'absent'], hold],
    [['absent', 'put-off', 'refused', 'not-sent', 'absent'], resend],
  ])('is sent again twice at most, and only attempts that may have left count: %j', (outcomes, verdict) => {
    const attempts = outcomes.map((outcome) => ({ outcome }));
    const send = { author: 'system', purpose: 'emergency', createdAt: 0, recalled: false, attempts } as const;
    expect(resendOf(send, { at: MINUTE, since: NOBODY })).toEqual(verdict);
  });

  it('is not sent again when automatic texts were canceled meanwhile', () => {
    const send = { author: 'system', purpose: 'emergency', createdAt: 0, attempts: [] } as const;
    expect(resendOf({ ...send, recalled: true }, { at: MINUTE, since: NOBODY })).toEqual(stale);
  });
});

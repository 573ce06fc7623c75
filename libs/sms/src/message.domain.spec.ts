import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { climbs, meaningOf, segmentsOf, type MessageStatus } from './message.domain.js';
import { AUTOMATIC_PER_HOUR, mayBeSent, type SendingInput } from './sending-rules.domain.js';

const words = [
  'queued',
  'sending',
  'sent',
  'delivered',
  'undelivered',
  'failed',
  'read',
  'accepted',
  'pwned',
];
const order = (heard: readonly string[]): MessageStatus =>
  heard.reduce<MessageStatus>((status, word) => {
    const to = meaningOf(word);
    return to !== null && climbs(status, to) ? to : status;
  }, 'sending');

describe('a delivery status', () => {
  it('never goes back, and ends where the first final word put it', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words), { maxLength: 8 }), (heard) => {
        const finals = heard
          .map(meaningOf)
          .filter((status) => ['delivered', 'undelivered', 'failed'].includes(status ?? ''));
        const end = order(heard);
        if (finals.length > 0) expect(end).toBe(finals[0]);
        else expect(['sending', 'accepted', 'sent']).toContain(end);
      }),
    );
  });

  it('is the same for every order of one delivery', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(['queued', 'sending', 'sent', 'delivered'], { minLength: 4 }),
        (heard) => {
          expect(order(heard)).toBe('delivered');
        },
      ),
    );
  });
});

describe('segments', () => {
  it.each([
    ['', 1],
    ['a'.repeat(160), 1],
    ['a'.repeat(161), 2],
    ['a'.repeat(306), 2],
    ['a'.repeat(307), 3],
    [`${'a'.repeat(159)}€`, 2],
    ['ñ'.repeat(160), 1],
    ['é'.repeat(70), 1],
    ['ç'.repeat(70), 1],
    ['ç'.repeat(71), 2],
    ['💥'.repeat(35), 1],
    ['💥'.repeat(36), 2],
  ])('of %s', (body, count) => {
    expect(segmentsOf(body)).toBe(count);
  });
});

describe('the sending rules', () => {
  const fine: SendingInput = {
    automatic: true,
    purpose: 'text-back',
    suspended: false,
    optedOut: false,
    blocked: false,
    textable: true,
    lineType: null,
    allowedDestination: true,
    toHubNumber: false,
    automaticLastHour: 0,
    sentToday: 0,
    dailyMessageCap: 2_000,
    prefixTextBacks: 0,
    prefixTextBackCap: 20,
  };

  it.each<[Partial<SendingInput>, string | null]>([
    [{}, null],
    [{ suspended: true }, 'suspended'],
    [{ optedOut: true }, 'opted-out'],
    [{ optedOut: true, purpose: 'opt-out-confirmation' }, null],
    [{ blocked: true }, 'blocked'],
    [{ textable: false }, 'not-textable'],
    [{ textable: false, lineType: 'landline' }, 'landline'],
    [{ allowedDestination: false }, 'destination-not-allowed'],
    [{ toHubNumber: true }, 'loop'],
    [{ automaticLastHour: AUTOMATIC_PER_HOUR }, 'rate-capped'],
    [{ automaticLastHour: AUTOMATIC_PER_HOUR, automatic: false, purpose: 'reply' }, null],
    [{ sentToday: 2_000 }, 'rate-capped'],
    [{ sentToday: null, dailyMessageCap: null }, null],
    [{ prefixTextBacks: 20 }, 'rate-capped'],
    [{ prefixTextBacks: 20, purpose: 'reply' }, null],
    [{ prefixTextBacks: null, prefixTextBackCap: null }, null],
  ])('given %j refuse with %s', (changes, refusal) => {
    const verdict = mayBeSent({ ...fine, ...changes });
    expect(verdict.refusal).toBe(refusal);
    expect(verdict.checks).toHaveLength(9);
  });

  it('tell every refusal, the first one first', () => {
    const { refusal, checks } = mayBeSent({ ...fine, optedOut: true, sentToday: 5_000 });
    expect(refusal).toBe('opted-out');
    expect(checks.filter(({ verdict }) => verdict !== 'pass').map(({ name }) => name)).toEqual([
      'not-opted-out',
      'daily-cap',
    ]);
  });
});

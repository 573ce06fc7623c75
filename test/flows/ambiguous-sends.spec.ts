import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pause } from '#libs/platform';

import { newCaller, TestHub, type TestTenant } from '../hub.js';
import { Sends } from '../sends.js';

const BY_PEOPLE = 140;
const BY_THE_HUB = 60;
/** W, and what Twilio's late acceptance and its lagging list take of it together. */
const W_SECONDS = 2;
const LATE_MS = 1_500;
const LAG_MS = 200;

/** Each meets one send in thirty or so; together one in five has an answer that tells nothing. */
const FAULTS = [
  { answer: 'reset' },
  { answer: 500 },
  { answer: 'accept-then-reset' },
  { answer: 'accept-then-500' },
  { answer: 'accept-later', afterMs: 0, spreadMs: LATE_MS },
  { answer: 'accept-later', afterMs: LATE_MS, error: 500 },
];

const inTens = <T>(items: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / 10) }, (_, nth) => items.slice(nth * 10, nth * 10 + 10));

describe('when every fifth answer of Twilio tells nothing', () => {
  let hub: TestHub;
  let tenant: TestTenant;
  let sends: Sends;

  beforeAll(async () => {
    hub = await TestHub.start({ SEND_SETTLE_AFTER_SECONDS: String(W_SECONDS) });
    tenant = await hub.tenant({ aiEnabled: false, dailyMessageCap: null });
    sends = new Sends(hub, tenant);
    for (const [seed, fault] of FAULTS.entries())
      await sends.fault({ on: 'messages.create', share: 0.036, seed, ...fault });
    await sends.fault({ on: 'messages.callback', answer: 'drop', share: 0.5, seed: 9 });
    await fetch(`${hub.sandbox.url}/sandbox/listing`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ listLagMs: LAG_MS }),
    });
  });
  afterAll(() => hub.stop());

  const ambiguous = (): number =>
    hub.sandbox.ledger
      .entries()
      .filter(
        (entry) => entry.kind === 'rest' && entry.operation === 'messages.create' && entry.fault !== null,
      ).length;

  /** How many texts have an end; what the disk took on a slow machine is not there yet. */
  const ended = async (): Promise<number> =>
    (
      await hub.database.query(
        `select id from messages where direction = 'outbound' and status not in ('queued', 'sending', 'suppressed')`,
      )
    ).length;

  /** The half minute between two looks passes at once; what Twilio does late has had its time before. */
  const passHalfAMinute = async (): Promise<void> => {
    const pass = `
      update message_attempts set opened_at = opened_at - interval '30 seconds', look_at = look_at - interval '30 seconds'
      where outcome in ('open', 'unknown') and looks > 0 returning id`;
    for (const { id } of await hub.database.query(pass)) await sends.ring(String(id));
  };

  it('no text is sent twice, and each is accepted, failed or held', async () => {
    const receivers = Array.from({ length: BY_PEOPLE }, () => newCaller());
    const callers = Array.from({ length: BY_THE_HUB }, () => newCaller());
    for (const [tens, some] of inTens(receivers).entries())
      await Promise.all(some.map((to, index) => sends.write(to, `Text ${(tens + index) % 3}`)));
    await Promise.all(callers.map((from) => sends.miss(from)));
    for (let nth = 0; nth < 12 && (await ended()) < BY_PEOPLE + BY_THE_HUB; nth += 1) {
      await pause((W_SECONDS + 1.5) * 1_000);
      await passHalfAMinute();
      await pause(500);
    }
    expect(ambiguous()).toBeGreaterThan(20);
    expect(await ended()).toBe(BY_PEOPLE + BY_THE_HUB);
    const ends = await hub.database.query(`
      select c.number, m.status, m.purpose from messages m join contacts c on c.id = m.contact_id
      where m.direction = 'outbound' and m.status <> 'suppressed'`);
    expect(ends).toHaveLength(BY_PEOPLE + BY_THE_HUB);
    const isGone = (end: Record<string, unknown>): boolean =>
      !['held', 'failed'].includes(String(end['status']));
    const odd = ends
      .map((end) => ({
        ...end,
        gone: isGone(end),
        received: hub.sandbox.textsTo(String(end['number'])).length,
      }))
      .filter(({ received, gone }) => received !== (gone ? 1 : 0));
    expect(odd).toEqual([]);
    const arrived = ends.filter(({ purpose, status }) => purpose === 'text-back' && status !== 'held').length;
    expect(arrived).toBeGreaterThan(BY_THE_HUB - 5);
  }, 120_000);
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { pause } from '#libs/platform';

import { newCaller } from './hub.js';
import { until } from './process.js';
import { ProcessHub } from './process-hub.js';

const SENDS = 60;
/** Longer than an attempt may wait to leave. */
const FROZEN_MS = 16_000;
const MOST_ROUNDS = 4;

/** The attempt that a callback URL of ours carries. */
const attemptOf = (callback: unknown): string => {
  const [packed = ''] = (new URL(String(callback)).searchParams.get('c') ?? '').split('.');
  return (JSON.parse(Buffer.from(packed, 'base64url').toString('utf8')) as { attemptId: string }).attemptId;
};

describe('a process that is frozen while it sends', () => {
  let hub: ProcessHub;

  beforeAll(async () => {
    hub = await ProcessHub.prepare();
  }, 90_000);
  afterEach(() => hub.kill());
  afterAll(() => hub.close());

  const attempts = (where: string): Promise<readonly Record<string, unknown>[]> =>
    hub.database.query(`select id, outcome, opened_at from message_attempts where ${where}`);

  /** Sends many texts, and freezes the process as soon as one of them is about to leave. */
  const freezeWhileSending = async (pid: number, key: string): Promise<readonly string[]> => {
    const before = (await attempts('true')).length;
    const receivers = Array.from({ length: SENDS }, () => newCaller());
    const writing = Promise.all(
      receivers.map(async (to) => {
        const answer = await fetch(`${hub.url}/v1/messages`, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
          body: JSON.stringify({ to, body: 'On my way' }),
        });
        return answer.status === 201 ? [to] : [];
      }),
    );
    while ((await attempts('true')).length < before + 5) await pause(1);
    process.kill(pid, 'SIGSTOP');
    await pause(FROZEN_MS);
    process.kill(pid, 'SIGCONT');
    return (await writing).flat();
  };

  it('lets what it had not sent yet be, and sends it anew: every text once', async () => {
    const one = hub.start();
    await hub.ready();
    const { key } = await hub.tenant();
    const receivers: string[] = [];
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      receivers.push(...(await freezeWhileSending(one.process.pid ?? 0, key)));
      await until(async () => receivers.every((to) => hub.sandbox.textsTo(to).length > 0));
      if ((await attempts(`outcome = 'not-sent'`)).length > 0) break;
    }
    expect(await attempts(`outcome = 'not-sent'`)).not.toEqual([]);
    expect(receivers.map((to) => hub.sandbox.textsTo(to).length)).toEqual(receivers.map(() => 1));
    const openedAt = new Map(
      (await attempts('true')).map((row) => [row['id'], (row['opened_at'] as Date).getTime()]),
    );
    const ages = hub.sandbox.ledger.entries().flatMap((entry) => {
      if (entry.kind !== 'rest' || entry.operation !== 'messages.create') return [];
      return [Date.parse(entry.receivedAt) - (openedAt.get(attemptOf(entry.params['StatusCallback'])) ?? 0)];
    });
    expect(ages.length).toBeGreaterThanOrEqual(receivers.length);
    expect(Math.max(...ages)).toBeLessThan(15_000);
  }, 150_000);
});

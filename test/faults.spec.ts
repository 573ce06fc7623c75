import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { ACCOUNT, newCaller } from './hub.js';
import { until } from './process.js';
import { ProcessHub } from './process-hub.js';

describe('the hub as a process', () => {
  let hub: ProcessHub;

  beforeAll(async () => {
    hub = await ProcessHub.prepare({ deliveryStepMs: 500 });
  }, 90_000);
  afterEach(() => hub.kill());
  afterAll(() => hub.close());

  it('names every mistake in its settings at once, and ends with 78', async () => {
    const wrong = hub.start({ PORT: 'eighty', ROLE: 'boss', ENCRYPTION_KEY: 'short', ADMIN_API_KEY: '' });
    expect(await wrong.exited).toBe(78);
    for (const name of ['PORT', 'ROLE', 'ENCRYPTION_KEY', 'ADMIN_API_KEY'])
      expect(wrong.said()).toMatch(new RegExp(`^${name}`, 'm'));
  });

  it('sends a text once although its answer never came and the process was killed', async () => {
    const before = hub.start({ SEND_SETTLE_AFTER_SECONDS: '2' });
    await hub.ready();
    const { number } = await hub.tenant();
    const from = newCaller();
    await fetch(`${hub.sandbox.url}/sandbox/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ on: 'messages.create', answer: 'accept-then-hang', times: 1 }),
    });
    await hub.misses(from, number);
    await until(async () => hub.sandbox.textsTo(from).length === 1);
    before.process.kill('SIGKILL');
    await before.exited;
    const attempt = `select a.outcome from message_attempts a join messages m on m.id = a.message_id
      join contacts c on c.id = m.contact_id where c.number = $1`;
    expect(await hub.database.query(attempt, [from])).toEqual([{ outcome: 'open' }]);
    hub.start({ SEND_SETTLE_AFTER_SECONDS: '2' });
    await until(async () => (await hub.database.query(attempt, [from]))[0]?.['outcome'] === 'accepted');
    expect(hub.sandbox.textsTo(from)).toHaveLength(1);
  }, 90_000);

  it('runs the jobs of a killed process again within 20 s', async () => {
    const first = hub.start({ ROLE: 'all' });
    await hub.ready();
    const { number } = await hub.tenant();
    const from = newCaller();
    await hub.texts(from, number, 'My sink leaks');
    const armed = 'select 1 from conversations where customer_number = $1 and ai_takeover_at is not null';
    await until(async () => (await hub.database.query(armed, [from])).length === 1);
    await hub.database.query(
      'update graphile_worker._private_jobs set locked_by = w.id, locked_at = now() from (select worker_ids[1] as id from workers limit 1) w',
    );
    first.process.kill('SIGKILL');
    await first.exited;
    const died = Date.now();
    hub.start();
    await until(async () => hub.sandbox.textsTo(from).length === 1, 25_000);
    expect(Date.now() - died).toBeLessThan(20_000);
  }, 60_000);

  it('asked to stop finishes and leaves; asked twice it leaves at once', async () => {
    const polite = hub.start();
    await hub.ready();
    expect(await hub.stop(polite)).toBe(0);
    const hurried = hub.start({ LAME_DUCK_SECONDS: '5' });
    await hub.ready();
    hurried.process.kill('SIGTERM');
    await until(async () => (await fetch(`${hub.url}/health/ready`)).status === 503);
    expect((await fetch(`${hub.url}/health/live`)).status).toBe(200);
    const asked = Date.now();
    expect(await hub.stop(hurried)).toBe(1);
    expect(Date.now() - asked).toBeLessThan(1_000);
  }, 60_000);

  it('writes no number and no text to its log', async () => {
    const one = hub.start({ LOG_LEVEL: 'trace' });
    await hub.ready();
    const { number } = await hub.tenant();
    const from = newCaller();
    await hub.texts(from, number, 'canary-of-the-log');
    await until(async () => hub.sandbox.textsTo(from).length === 1);
    expect(one.said()).not.toContain('canary-of-the-log');
    expect(one.said()).not.toContain(from.slice(2));
    expect(one.said()).not.toContain(ACCOUNT.authToken);
    const sealed = await until(() => readFile(join(hub.folder, 'snapshot.sealed'), 'utf8'));
    expect(sealed).not.toContain(ACCOUNT.authToken);
    expect(await readdir(hub.folder)).not.toContain('admin-api-key');
  }, 60_000);
});

import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import twilio from 'twilio';

import { startSandbox, type Sandbox } from '../apps/sandbox/src/sandbox.js';
import { createDatabase, type TestDatabase } from './database.js';
import { ACCOUNT, newCaller, newSid } from './hub.js';
import { freePort, startProcess, until, type Running } from './process.js';

const KEY = 'the-operator-of-the-process-tests-has-this';

describe('the hub as a process', () => {
  const running: Running[] = [];
  let database: TestDatabase;
  let sandbox: Sandbox;
  let folder: string;
  let url: string;
  let environment: Record<string, string>;

  const start = (changes: Readonly<Record<string, string>> = {}): Running => {
    const one = startProcess({ ...environment, ...changes });
    running.push(one);
    return one;
  };
  const ready = (at = url): Promise<boolean> => until(async () => (await fetch(`${at}/health/ready`)).ok);
  const api = async (path: string, body: unknown, key = KEY): Promise<Record<string, unknown>> => {
    const response = await fetch(url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return (await response.json()) as Record<string, unknown>;
  };
  const post = (path: string, params: Record<string, string>): Promise<Response> => {
    const to = path.startsWith('http') ? path : url + path;
    const full = { AccountSid: ACCOUNT.accountSid, ...params };
    const signature = twilio.getExpectedTwilioSignature(ACCOUNT.authToken, to, full);
    return fetch(to, {
      method: 'POST',
      headers: { 'x-twilio-signature': signature },
      body: new URLSearchParams(full),
    });
  };

  beforeAll(async () => {
    database = await createDatabase();
    folder = await mkdtemp(join(tmpdir(), 'twilio-server-process-'));
    const port = await freePort();
    url = `http://localhost:${port}`;
    sandbox = await startSandbox({ port: 0, hubUrl: url, accounts: [ACCOUNT], deliveryStepMs: 5 });
    environment = {
      NODE_ENV: 'production',
      PORT: String(port),
      PUBLIC_URL: url,
      METRICS_PORT: '0',
      DATABASE_URL: database.address.url,
      DATA_DIR: folder,
      ADMIN_API_KEY: KEY,
      ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      TWILIO_API_BASE_URL: sandbox.url,
      LOG_LEVEL: 'info',
    };
    const first = start();
    await ready();
    await api('/v1/twilio-accounts', ACCOUNT);
    first.process.kill('SIGTERM');
    expect(await first.exited).toBe(0);
  }, 90_000);
  afterEach(() => {
    for (const { process: child } of running.splice(0)) child.kill('SIGKILL');
  });
  afterAll(async () => {
    await sandbox.close();
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  });

  const tenant = async (): Promise<{ number: string; key: string }> => {
    const made = await api('/v1/tenants', {
      name: 'Harbor',
      timezone: 'UTC',
      settings: { aiTakeoverSeconds: 2 },
    });
    const number = newCaller();
    await api('/v1/phone-numbers', {
      tenantId: made['id'],
      number,
      accountSid: ACCOUNT.accountSid,
      forwardTo: ['+14155550901'],
    });
    return { number, key: (made['apiKey'] as { secret: string }).secret };
  };
  const miss = async (from: string, to: string): Promise<void> => {
    const CallSid = newSid('CA');
    const twiml = await (
      await post('/webhooks/twilio/call', { CallSid, From: from, To: to, CallStatus: 'ringing' })
    ).text();
    const action = (/action="([^"]+)"/.exec(twiml)?.[1] ?? '').replaceAll('&amp;', '&');
    await post(action, { CallSid, From: from, To: to, DialCallStatus: 'no-answer' });
  };

  it('names every mistake in its settings at once, and ends with 78', async () => {
    const wrong = start({ PORT: 'eighty', ROLE: 'boss', ENCRYPTION_KEY: 'short', ADMIN_API_KEY: '' });
    expect(await wrong.exited).toBe(78);
    for (const name of ['PORT', 'ROLE', 'ENCRYPTION_KEY', 'ADMIN_API_KEY'])
      expect(wrong.said()).toMatch(new RegExp(`^${name}`, 'm'));
  });

  it('sends a text once although its answer never came and the process was killed', async () => {
    const before = start();
    await ready();
    const { number } = await tenant();
    const from = newCaller();
    await fetch(`${sandbox.url}/sandbox/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ on: 'messages.create', answer: 'accept-then-hang', times: 1 }),
    });
    await miss(from, number);
    await until(async () => {
      const [row] = await database.query(
        'select m.status, m.message_sid from messages m join contacts c on c.id = m.contact_id where c.number = $1',
        [from],
      );
      return row?.['status'] === 'delivered' && row['message_sid'] !== null;
    });
    before.process.kill('SIGKILL');
    await before.exited;
    start();
    await ready();
    await new Promise((next) => setTimeout(next, 2_000));
    expect(sandbox.textsTo(from)).toHaveLength(1);
  }, 90_000);

  it('runs the jobs of a killed process again within 20 s', async () => {
    const first = start({ ROLE: 'all' });
    await ready();
    const { number } = await tenant();
    const from = newCaller();
    await post('/webhooks/twilio/sms', {
      MessageSid: newSid('SM'),
      From: from,
      To: number,
      Body: 'My sink leaks',
    });
    await until(
      async () =>
        (
          await database.query(
            'select 1 from conversations where customer_number = $1 and ai_takeover_at is not null',
            [from],
          )
        ).length === 1,
    );
    await database.query(
      'update graphile_worker._private_jobs set locked_by = w.id, locked_at = now() from (select worker_ids[1] as id from workers limit 1) w',
    );
    first.process.kill('SIGKILL');
    await first.exited;
    const died = Date.now();
    start();
    await until(async () => sandbox.textsTo(from).length === 1, 25_000);
    expect(Date.now() - died).toBeLessThan(20_000);
  }, 60_000);

  it('asked to stop finishes and leaves; asked twice it leaves at once', async () => {
    const polite = start();
    await ready();
    polite.process.kill('SIGTERM');
    expect(await polite.exited).toBe(0);
    const hurried = start();
    await ready();
    hurried.process.kill('SIGTERM');
    hurried.process.kill('SIGTERM');
    expect([0, 1]).toContain(await hurried.exited);
  }, 60_000);

  it('serves calls from the sealed snapshot when it starts without its database, and the rest once that comes', async () => {
    const first = start();
    await ready();
    const { number, key } = await tenant();
    first.process.kill('SIGTERM');
    expect(await first.exited).toBe(0);
    await database.open(false);
    try {
      start();
      const CallSid = newSid('CA');
      const twiml = await until(async () => {
        const answer = await post('/webhooks/twilio/call', {
          CallSid,
          From: newCaller(),
          To: number,
          CallStatus: 'ringing',
        });
        return answer.status === 200 && answer.text();
      });
      expect(twiml).toContain('<Dial');
      expect(
        (
          await post('/webhooks/twilio/sms', {
            MessageSid: newSid('SM'),
            From: newCaller(),
            To: number,
            Body: 'Hi',
          })
        ).status,
      ).toBe(503);
      expect((await fetch(`${url}/health/ready`)).status).toBe(503);
    } finally {
      await database.open(true);
    }
    await ready();
    const from = newCaller();
    await miss(from, number);
    await until(async () => sandbox.textsTo(from).length === 1);
    expect((await fetch(`${url}/v1/calls`, { headers: { authorization: `Bearer ${key}` } })).status).toBe(
      200,
    );
  }, 90_000);

  it('answers calls by the snapshot while the database is away, and texts with 503', async () => {
    const one = start();
    await ready();
    const { number, key } = await tenant();
    await database.open(false);
    const voice = await post('/webhooks/twilio/call', {
      CallSid: newSid('CA'),
      From: newCaller(),
      To: number,
      CallStatus: 'ringing',
    });
    expect([voice.status, await voice.text()]).toEqual([200, expect.stringContaining('+14155550901')]);
    const text = await post('/webhooks/twilio/sms', {
      MessageSid: newSid('SM'),
      From: newCaller(),
      To: number,
      Body: 'hi',
    });
    expect(text.status).toBe(503);
    const refused = await fetch(`${url}/v1/calls`, { headers: { authorization: `Bearer ${key}` } });
    expect([refused.status, await refused.json()]).toEqual([
      503,
      expect.objectContaining({ code: 'database-unavailable' }),
    ]);
    expect((await fetch(`${url}/health/ready`)).status).toBe(503);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    expect(await (await fetch(`${url}/health`)).json()).toMatchObject({
      status: 'degraded',
      checks: { database: { status: 'down' } },
    });
    await database.open(true);
    await ready();
    expect((await fetch(`${url}/v1/calls`, { headers: { authorization: `Bearer ${key}` } })).status).toBe(
      200,
    );
    expect(one.process.exitCode).toBeNull();
  }, 60_000);

  it('writes no number and no text to its log', async () => {
    const one = start({ LOG_LEVEL: 'trace' });
    await ready();
    const { number } = await tenant();
    const from = newCaller();
    await post('/webhooks/twilio/sms', {
      MessageSid: newSid('SM'),
      From: from,
      To: number,
      Body: 'canary-of-the-log',
    });
    await until(async () => sandbox.textsTo(from).length === 1);
    expect(one.said()).not.toContain('canary-of-the-log');
    expect(one.said()).not.toContain(from.slice(2));
    expect(one.said()).not.toContain(ACCOUNT.authToken);
    const sealed = await readFile(join(folder, 'snapshot.sealed'), 'utf8').catch(() => '');
    expect(sealed).not.toContain(ACCOUNT.authToken);
    expect(await readdir(folder)).not.toContain('admin-api-key');
  }, 60_000);
});

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import twilio from 'twilio';

import { freePort } from '../apps/hub/src/database/free-port.js';
import { startSandbox, type Sandbox } from '../apps/sandbox/src/sandbox.js';
import { createDatabase, type TestDatabase } from './database.js';
import { ACCOUNT, newCaller, newSid } from './hub.js';
import { startByNpm, startProcess, until, type Running } from './process.js';

const KEY = 'the-operator-of-the-process-tests-has-this';

/** A hub that runs as processes of its own, on one database and with one sandbox, started and killed at will. */
export class ProcessHub {
  private readonly running: Running[] = [];

  private constructor(
    readonly database: TestDatabase,
    readonly sandbox: Sandbox,
    readonly folder: string,
    readonly url: string,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  /** Prepared, with its Twilio account registered; no process runs. The sandbox takes its time for each callback. */
  static async prepare({ deliveryStepMs = 5 } = {}): Promise<ProcessHub> {
    const database = await createDatabase();
    const folder = await mkdtemp(join(tmpdir(), 'twilio-server-process-'));
    const port = await freePort();
    const url = `http://localhost:${port}`;
    const sandbox = await startSandbox({ port: 0, hubUrl: url, accounts: [ACCOUNT], deliveryStepMs });
    const hub = new ProcessHub(database, sandbox, folder, url, {
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
      LAME_DUCK_SECONDS: '0',
    });
    const first = hub.start();
    await hub.ready();
    await hub.api('/v1/twilio-accounts', ACCOUNT);
    await hub.stop(first);
    return hub;
  }

  start(
    changes: Readonly<Record<string, string>> = {},
    flags: readonly string[] = [],
    output: number | 'pipe' = 'pipe',
  ): Running {
    const one = startProcess({ ...this.environment, ...changes }, flags, output);
    this.running.push(one);
    return one;
  }

  /** Starts by `npm start`; whoever asks ends it. */
  startByNpm(): Running {
    return startByNpm(this.environment);
  }

  /** Asks a process to leave, and gives how it left. */
  stop({ process: child, exited }: Running): Promise<number | string | null> {
    child.kill('SIGTERM');
    return exited;
  }

  /** Ends whatever still runs, at once. */
  kill(): void {
    for (const { process: child } of this.running.splice(0)) child.kill('SIGKILL');
  }

  async close(): Promise<void> {
    this.kill();
    await this.sandbox.close();
    await this.database.drop();
    await rm(this.folder, { recursive: true, force: true });
  }

  ready(): Promise<boolean> {
    return until(async () => (await fetch(`${this.url}/health/ready`)).ok);
  }

  /** The database answers, and nothing waits in the spool any more. */
  settled(): Promise<boolean> {
    return until(async () => {
      const { checks } = await this.health();
      return checks['database']?.status === 'ok' && checks['spool']?.records === 0;
    });
  }

  async health(): Promise<{ checks: Record<string, { status: string; records?: number }> }> {
    return (await (await fetch(`${this.url}/health`)).json()) as Awaited<ReturnType<ProcessHub['health']>>;
  }

  /** The operator posts something: again, when a process that was quick to start has no database yet. */
  async api(path: string, body: unknown): Promise<Record<string, unknown>> {
    const response = await until(async () => {
      const answer = await fetch(this.url + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return answer.status !== 503 && answer;
    });
    return (await response.json()) as Record<string, unknown>;
  }

  get(path: string, key: string): Promise<Response> {
    return fetch(this.url + path, { headers: { authorization: `Bearer ${key}` } });
  }

  /** A webhook of the account, signed. */
  post(path: string, params: Record<string, string>): Promise<Response> {
    const to = path.startsWith('http') ? path : this.url + path;
    const full = { AccountSid: ACCOUNT.accountSid, ...params };
    const signature = twilio.getExpectedTwilioSignature(ACCOUNT.authToken, to, full);
    return fetch(to, {
      method: 'POST',
      headers: { 'x-twilio-signature': signature },
      body: new URLSearchParams(full),
    });
  }

  calls(from: string, to: string, CallSid = newSid('CA')): Promise<Response> {
    return this.post('/webhooks/twilio/call', { CallSid, From: from, To: to, CallStatus: 'ringing' });
  }

  texts(from: string, to: string, Body: string, MessageSid = newSid('SM')): Promise<Response> {
    return this.post('/webhooks/twilio/sms', { MessageSid, From: from, To: to, Body });
  }

  /** A call that nobody takes. */
  async misses(from: string, to: string): Promise<void> {
    const CallSid = newSid('CA');
    const twiml = await (await this.calls(from, to, CallSid)).text();
    const action = (/action="([^"]+)"/.exec(twiml)?.[1] ?? '').replaceAll('&amp;', '&');
    await this.post(action, { CallSid, From: from, To: to, DialCallStatus: 'no-answer' });
  }

  /** A tenant whose AI takes over after 2 s, with a number and a key. */
  async tenant(): Promise<{ number: string; key: string }> {
    const settings = { aiTakeoverSeconds: 2 };
    const made = await this.api('/v1/tenants', { name: 'Harbor', timezone: 'UTC', settings });
    const number = newCaller();
    const given = {
      tenantId: made['id'],
      number,
      accountSid: ACCOUNT.accountSid,
      forwardTo: ['+14155550901'],
    };
    await this.api('/v1/phone-numbers', given);
    return { number, key: (made['apiKey'] as { secret: string }).secret };
  }
}

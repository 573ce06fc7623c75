import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { NestExpressApplication } from '@nestjs/platform-express';
import twilio from 'twilio';

import { PlatformKey } from '#libs/identity';
import { pause, readConfiguration, SealingKey } from '#libs/platform';

import { createApplication } from '../apps/hub/src/application.js';
import { lanesTo } from '../apps/hub/src/database/database.js';
import { freePort } from '../apps/hub/src/database/free-port.js';
import { startSandbox, type Sandbox } from '../apps/sandbox/src/sandbox.js';
import { createDatabase, type TestDatabase } from './database.js';
import { readListsByHand } from './lists.js';

export const ACCOUNT = { accountSid: `AC${'1'.repeat(32)}`, authToken: 'token-of-account-one' };
export const OTHER_ACCOUNT = { accountSid: `AC${'2'.repeat(32)}`, authToken: 'token-of-account-two' };
export const ADMIN_KEY = 'the-operator-of-the-tests-has-this-key';
export const SERVICE_KEY = 'the-siblings-of-the-tests-have-this-key';

export interface Answer<T = Record<string, unknown>> {
  readonly status: number;
  readonly body: T;
  readonly headers: Headers;
}

/** A tenant of the tests, with its number and its key. */
export interface TestTenant {
  readonly id: string;
  readonly key: string;
  readonly number: string;
  readonly phoneNumberId: string;
  readonly accountSid: string;
}

/** A SID that Twilio could have given. */
export const newSid = (prefix: 'CA' | 'SM' | 'MM'): string => prefix + randomBytes(16).toString('hex');

let numbers = 0;

/** A whole hub on a database of its own, with a sandbox as its Twilio; driven as the world drives it. */
export class TestHub {
  private constructor(
    readonly app: NestExpressApplication,
    readonly database: TestDatabase,
    readonly sandbox: Sandbox,
    readonly url: string,
    readonly folder: string,
  ) {}

  static async start(environment: Readonly<Record<string, string>> = {}): Promise<TestHub> {
    const database = await createDatabase();
    const folder = await mkdtemp(join(tmpdir(), 'twilio-server-hub-'));
    const port = await freePort();
    const url = `http://localhost:${port}`;
    const sandbox = await startSandbox({
      port: 0,
      hubUrl: url,
      accounts: [ACCOUNT, OTHER_ACCOUNT],
      ringScale: 0.02,
      deliveryStepMs: 5,
    });
    const settings = readConfiguration({
      NODE_ENV: 'test',
      LOG_LEVEL: process.env['TEST_LOG'] ?? 'silent',
      PORT: String(port),
      PUBLIC_URL: url,
      DATABASE_URL: database.address.url,
      DATA_DIR: folder,
      TWILIO_API_BASE_URL: sandbox.url,
      INTERNAL_SERVICE_KEY: SERVICE_KEY,
      ...environment,
    });
    const app = await createApplication({
      settings,
      address: database.address,
      lanes: lanesTo(database.address),
      sealingKey: new SealingKey(randomBytes(32)),
      platformKey: new PlatformKey(ADMIN_KEY),
    });
    await app.listen(port);
    const hub = new TestHub(app, database, sandbox, url, folder);
    await hub.post('/v1/twilio-accounts', ACCOUNT, ADMIN_KEY);
    await hub.post('/v1/twilio-accounts', OTHER_ACCOUNT, ADMIN_KEY);
    await readListsByHand(app, [ACCOUNT.accountSid, OTHER_ACCOUNT.accountSid]);
    return hub;
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.sandbox.close();
    await this.database.drop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A tenant with one number that rings `+14155550901`. */
  async tenant(
    settings: Readonly<Record<string, unknown>> = {},
    accountSid = ACCOUNT.accountSid,
  ): Promise<TestTenant> {
    const made = await this.post<{ id: string; apiKey: { secret: string } }>(
      '/v1/tenants',
      { name: 'Harbor Pipe Co', timezone: 'America/Los_Angeles', settings },
      ADMIN_KEY,
    );
    numbers += 1;
    const number = `+1415777${String(numbers).padStart(4, '0')}`;
    const given = { tenantId: made.body.id, number, accountSid, forwardTo: ['+14155550901'] };
    const phone = await this.post<{ id: string }>('/v1/phone-numbers', given, ADMIN_KEY);
    if (phone.status !== 201) throw new Error(JSON.stringify(phone.body));
    await fetch(`${this.sandbox.url}/sandbox/numbers/${encodeURIComponent(number)}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ accountSid }),
    });
    return {
      id: made.body.id,
      key: made.body.apiKey.secret,
      number,
      phoneNumberId: phone.body.id,
      accountSid,
    };
  }

  get<T = Record<string, unknown>>(path: string, key: string): Promise<Answer<T>> {
    return this.request('GET', path, key);
  }

  post<T = Record<string, unknown>>(
    path: string,
    body: unknown,
    key: string,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    return this.request('POST', path, key, { body, headers });
  }

  patch<T = Record<string, unknown>>(path: string, body: unknown, key: string): Promise<Answer<T>> {
    return this.request('PATCH', path, key, { body });
  }

  async request<T = Record<string, unknown>>(
    method: string,
    path: string,
    key: string,
    { body, headers = {} }: { readonly body?: unknown; readonly headers?: Record<string, string> } = {},
  ): Promise<Answer<T>> {
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, ...json, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? {} : JSON.parse(text)) as T,
    };
  }

  /** Posts a webhook as Twilio signs it. */
  webhook(
    path: string,
    params: Readonly<Record<string, string>>,
    account = ACCOUNT,
  ): Promise<{ status: number; text: string }> {
    const url = path.startsWith('http') ? path : this.url + path;
    const full = { AccountSid: account.accountSid, ...params };
    return this.raw(
      url,
      new URLSearchParams(full).toString(),
      twilio.getExpectedTwilioSignature(account.authToken, url, full),
    );
  }

  /** Posts a body with a signature, whatever they are. */
  async raw(
    url: string,
    body: string,
    signature: string | null,
    type = 'application/x-www-form-urlencoded',
  ): Promise<{ status: number; text: string }> {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': type, ...(signature === null ? {} : { 'x-twilio-signature': signature }) },
      body,
    });
    return { status: response.status, text: await response.text() };
  }

  /** Where Twilio tells of a text to this number, once it did. */
  callbackUrl(to: string): Promise<string> {
    return this.eventually(async () => {
      const told = this.sandbox.ledger
        .entries()
        .flatMap((one) => (one.kind === 'webhook' && one.purpose === 'message-status' ? [one] : []))
        .find(({ params }) => params['To'] === to);
      return told?.url ?? null;
    });
  }

  /** A call through the sandbox; answers when it is over. */
  async call(
    from: string,
    to: string,
    callee: Readonly<Record<string, unknown>>,
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    return (await this.played('calls', { from, to, callee, ...more })).callSid;
  }

  /** A customer's text through the sandbox. */
  async text(from: string, to: string, body: string): Promise<void> {
    await this.played('messages', { from, to, body });
  }

  /** What the first item of a list is, once there is one that fits. */
  async eventually<T>(look: () => Promise<T | null | undefined | false>, withinMs = 10_000): Promise<T> {
    const giveUpAt = Date.now() + withinMs;
    for (;;) {
      const found = await look();
      if (found !== null && found !== undefined && found !== false) return found;
      if (Date.now() > giveUpAt) throw new Error('It did not happen in time.');
      await pause(20);
    }
  }

  private async played(what: string, scene: Readonly<Record<string, unknown>>): Promise<{ callSid: string }> {
    const response = await fetch(`${this.sandbox.url}/sandbox/${what}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ wait: true, ...scene }),
    });
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as { callSid: string };
  }
}

let callers = 0;

/** A customer's number that nobody used before, each on a prefix of its own. */
export const newCaller = (): string => {
  callers += 1;
  return `+1628${String(2_001_500 + callers * 10_007).slice(0, 7)}`;
};

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { HUB } from '../../apps/hub/ensure-built.mjs';
import { freePort } from '../../apps/hub/src/database/free-port.ts';
import { FORWARD_TO } from './missed-call-flow.mjs';
import { startSandbox } from './sandbox.mjs';
import { ACCOUNT } from './webhooks.mjs';

const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

/** Those of `npm start`. */
export const START_FLAGS = scripts.start.split(' ').filter((word) => word.startsWith('--'));

/** The memory that both servers get. */
export const NODE_FLAGS = ['--max-old-space-size=192', ...START_FLAGS];

/** Every missed call texts, and no cap or AI joins in, unless a bench says otherwise. */
const QUIET = {
  aiEnabled: false,
  textBackCooldownMinutes: 0,
  dailyMessageCap: null,
  prefixTextBackCap: null,
};

const isReady = (url) => async () => (await fetch(`${url}/health/ready`).catch(() => null))?.ok === true;

const start = async (stage, role, env, { flags = [], port: given } = {}) => {
  const port = given ?? (role === 'worker' ? await freePort() : Number(new URL(env.PUBLIC_URL).port));
  const own = { ...env, ROLE: role, PORT: String(port), METRICS_PORT: '0', LOG_LEVEL: 'warn' };
  const child = await stage.node(`hub-${role}`, HUB, { flags: [...NODE_FLAGS, ...flags], env: own });
  await child.ready(isReady(`http://127.0.0.1:${port}`));
  return child;
};

const poster = (url, key) => async (path, body) => {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`POST ${path}: ${answer.status} ${text}`);
  return JSON.parse(text);
};

/** The numbers of some tenants, one each, with the tenant's key. */
const register = async (post, tenants, settings) => {
  await post('/v1/twilio-accounts', ACCOUNT);
  const phones = [];
  for (let index = 0; index < tenants; index += 1) {
    const tenant = { name: `Harbor Pipe Co ${index}`, timezone: 'America/Los_Angeles', settings };
    const { id: tenantId, apiKey } = await post('/v1/tenants', tenant);
    const number = `+1415777${String(2_000 + index)}`;
    const { id } = await post('/v1/phone-numbers', {
      tenantId,
      number,
      accountSid: ACCOUNT.accountSid,
      forwardTo: [FORWARD_TO],
    });
    phones.push({ id, number, key: apiKey.secret });
  }
  return phones;
};

/**
 * A hub with its sandbox, on a database of its own.
 * @param split a ROLE=web process and a ROLE=worker process, instead of one with ROLE=all
 * @param twin a second process with ROLE=all, reached at `twinPort` only
 * @param profile a folder for the web process's CPU profile; none unless given
 */
export const startHubSystem = async (
  stage,
  { split = false, twin = false, tenants = 10, settings = {}, profile } = {},
) => {
  const url = `http://localhost:${await freePort()}`;
  const sandbox = await startSandbox(stage, url);
  const key = randomBytes(24).toString('hex');
  const env = {
    PUBLIC_URL: url,
    DATABASE_URL: await stage.createDatabase(`hub_${randomBytes(4).toString('hex')}`),
    ADMIN_API_KEY: key,
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    TWILIO_API_BASE_URL: sandbox.url,
  };
  const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const web = await start(stage, split ? 'web' : 'all', env, { flags });
  const worker = split ? await start(stage, 'worker', env) : null;
  const twinPort = twin ? await freePort() : null;
  const second = twin ? await start(stage, 'all', env, { port: twinPort }) : null;
  const phones = await register(poster(url, key), tenants, { ...QUIET, ...settings });
  const numbers = phones.map(({ number }) => number);
  const stop = async () => {
    for (const one of [web, worker, second]) await one?.stop();
    await sandbox.stop();
  };
  const servers = { web, worker, sandbox, twinPort };
  return { name: 'hub', url, ...servers, phones, numbers, databaseUrl: env.DATABASE_URL, stop };
};

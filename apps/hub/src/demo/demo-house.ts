import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Configuration } from '#libs/platform';
import { PhoneNumbers, Tenants } from '#libs/tenants';

import type { SandboxAccount } from './sandbox-process.js';

/** The demo's business, as `npm run demo` finds it again. */
export interface DemoHouse {
  readonly hubUrl: string;
  readonly sandboxUrl: string;
  readonly apiKey: string;
  readonly business: string;
  readonly number: string;
  readonly plumber: string;
}

const NAME = 'Harbor Pipe Co';
const NUMBER = '+14155550199';
const PLUMBER = '+14155550142';
/** Short, so that a demonstration is not a wait; a real tenant starts with 20 and 60. */
const SETTINGS = {
  ringSeconds: 5,
  aiTakeoverSeconds: 10,
  textBackCooldownMinutes: 0,
  screening: 'keypress' as const,
  tradeType: 'plumbing',
};

/** Where the demo's business is written down. */
export const houseFile = (dataDir: string): string => resolve(join(dataDir, 'demo.json'));

/** The demo's business of a data folder; null before the first start. */
export const findHouse = async (dataDir: string): Promise<DemoHouse | null> => {
  const text = await readFile(houseFile(dataDir), 'utf8').catch(() => null);
  return text === null ? null : (JSON.parse(text) as DemoHouse);
};

/** Makes the demo's business: a tenant, a number of the sandbox's account, a plumber's phone. */
export const buildHouse = async (
  app: NestExpressApplication,
  settings: Configuration,
  account: SandboxAccount,
  sandboxUrl: string,
): Promise<DemoHouse> => {
  const tenant = await app
    .get(Tenants)
    .create({ name: NAME, timezone: 'America/Los_Angeles', settings: SETTINGS });
  const { accountSid } = account;
  await app
    .get(PhoneNumbers)
    .create({ tenantId: tenant.id, number: NUMBER, accountSid, forwardTo: [PLUMBER] });
  const apiKey = tenant.apiKey.secret;
  const house = {
    hubUrl: settings.publicUrl,
    sandboxUrl,
    apiKey,
    business: NAME,
    number: NUMBER,
    plumber: PLUMBER,
  };
  await writeFile(houseFile(settings.DATA_DIR), `${JSON.stringify(house, null, 2)}\n`, { mode: 0o600 });
  return house;
};

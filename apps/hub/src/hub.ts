import type { NestExpressApplication } from '@nestjs/platform-express';
import { addressOf, isOutage, Log, type Configuration, type DatabaseAddress } from '#libs/platform';
import { Accounts } from '#libs/twilio';

import { createApplication } from './application.js';
import { lanesTo, migrate } from './database.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres.js';
import { findKeys, type Keys } from './keys.js';
import { Lifecycle } from './lifecycle.js';
import { serveDocs } from './openapi.js';

const DATABASE_WITHIN_MS = 60_000;
const RETRY_MS = 500;
/** Readiness is 503 for so long before the doors close: a balancer needs to hear it. */
const LAME_DUCK_MS = 1_500;

/** A hub that serves. */
export interface Hub {
  readonly app: NestExpressApplication;
  readonly keys: Keys;
  /** Finishes requests and jobs in hand, then stops everything that was started. */
  stop(): Promise<void>;
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Waits for a database that is still coming up. @throws what it last said when it does not come */
const reached = async (url: string): Promise<DatabaseAddress> => {
  const giveUpAt = performance.now() + DATABASE_WITHIN_MS;
  for (;;) {
    try {
      const address = await addressOf(url);
      await migrate(address);
      return address;
    } catch (error) {
      if (!isOutage(error) || performance.now() > giveUpAt) throw error;
      process.stderr.write(`Waiting for the database: ${String(error)}\n`);
      await pause(RETRY_MS);
    }
  }
};

const registerAccount = async (app: NestExpressApplication, settings: Configuration): Promise<void> => {
  const { TWILIO_ACCOUNT_SID: accountSid, TWILIO_AUTH_TOKEN: authToken } = settings;
  if (accountSid === undefined || authToken === undefined) return;
  const secondary = settings.TWILIO_AUTH_TOKEN_SECONDARY;
  const given = {
    accountSid,
    authToken,
    ...(secondary === undefined ? {} : { secondaryAuthToken: secondary }),
  };
  await app.get(Accounts).create(given, 'environment');
};

/** Starts a hub: its database, where none is configured, its schema, its application. */
export const startHub = async (settings: Configuration): Promise<Hub> => {
  const keys = await findKeys(settings);
  const embedded: EmbeddedPostgres | null =
    settings.DATABASE_URL === undefined
      ? await startEmbeddedPostgres({ dataDir: settings.DATA_DIR, fsync: true })
      : null;
  const address = await reached(settings.DATABASE_URL ?? embedded?.url ?? '');
  const { platformKey, sealingKey } = keys;
  const app = await createApplication({
    settings,
    sealingKey,
    platformKey,
    address,
    lanes: lanesTo(address),
  });
  serveDocs(app, settings.publicUrl);
  await app.init();
  await registerAccount(app, settings);
  await app.listen(settings.PORT);
  const stop = async (): Promise<void> => {
    app.get(Lifecycle).stop();
    app.get(Log).info('stopping: requests and jobs in hand finish');
    if (settings.NODE_ENV === 'production') await pause(LAME_DUCK_MS);
    await app.close();
    await embedded?.stop();
  };
  return { app, keys, stop };
};

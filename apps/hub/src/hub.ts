import type { NestExpressApplication } from '@nestjs/platform-express';
import { Snapshot } from '#libs/durable';
import { Configuration, DatabaseAddress, Log } from '#libs/platform';
import { Accounts } from '#libs/twilio';

import { createApplication } from './application.js';
import { lanesTo } from './database/database.js';
import { prepareDoors } from './doors.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './database/embedded-postgres.js';
import { findKeys, type Keys } from './keys.js';
import { Lifecycle } from './lifecycle.js';
import { serveDocs } from './openapi.js';
import { reachLater, reachNow, takenNow } from './database/reach.js';
import { Stop } from './stop.js';

/** A database that is away is not waited for: calls are answered by the sealed snapshot. */
const FIRST_LOOK_MS = 500;
/** Our own was just started, so it comes. */
const OWN_WITHIN_MS = 30_000;
/** One that fell silent after that look keeps no caller waiting either. */
const FIRST_WORDS_MS = 2_000;
/** A hub that serves. */
export interface Hub {
  readonly app: NestExpressApplication;
  readonly keys: Keys;
  /** To be run once, and cut off when it takes longer than STOP_CUT_OFF_MS. */
  readonly stop: Stop;
}

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

/** When the database comes after us, the routing is read, and what the environment says is written down. */
const finishLater = (app: NestExpressApplication): Promise<void> => {
  const [log, lifecycle] = [app.get(Log), app.get(Lifecycle)];
  const finish = async (): Promise<void> => {
    await app.get(Snapshot).refresh();
    await registerAccount(app, app.get(Configuration));
    log.info('the database is here');
  };
  log.warn('the database is away: calls are answered by the sealed snapshot until it comes');
  return reachLater(app.get(DatabaseAddress), { isStopping: () => lifecycle.stopping, finish, log });
};

/** Starts a hub: its database, where none is configured, its schema, its application. */
export const startHub = async (settings: Configuration): Promise<Hub> => {
  const keys = await findKeys(settings);
  const embedded: EmbeddedPostgres | null =
    settings.DATABASE_URL === undefined
      ? await startEmbeddedPostgres({ dataDir: settings.DATA_DIR, fsync: true })
      : null;
  const address = new DatabaseAddress(settings.DATABASE_URL ?? embedded?.url ?? '');
  const { platformKey, sealingKey } = keys;
  const ground = { settings, sealingKey, platformKey, address, lanes: lanesTo(address) };
  const app = await createApplication(ground);
  serveDocs(app, settings.publicUrl);
  const there = await reachNow(address, embedded === null ? FIRST_LOOK_MS : OWN_WITHIN_MS);
  await app.init();
  const isFinished = there && (await takenNow(registerAccount(app, settings), FIRST_WORDS_MS));
  prepareDoors(app.getHttpServer());
  await app.listen(settings.PORT);
  if (!isFinished) void finishLater(app);
  return { app, keys, stop: new Stop(app, embedded) };
};

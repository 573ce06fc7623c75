import { DataSource, type QueryRunner } from 'typeorm';

import { prepareJobs } from '#libs/durable';
import { laneSource, Lanes, pause, SteadyClient, type DatabaseAddress } from '#libs/platform';

import { migrations } from '../../../../migrations/index.js';
import { entities } from '../entities.js';

/** One number for all instances: only one migrates, the others wait. */
const MIGRATION_LOCK = 3_701;

/** A host that is lost while it migrates must not keep the others waiting for the two hours that TCP would give it. */
const LOST_SOON =
  'set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3';
const TURN_EVERY_MS = 250;

/** Waits for the turn to migrate without a statement that waits: a connection that falls silent is noticed. */
const waitForTurn = async (lock: QueryRunner): Promise<void> => {
  await lock.query(LOST_SOON);
  const take = 'select pg_try_advisory_lock($1) as taken';
  for (;;) {
    const [row] = (await lock.query(take, [MIGRATION_LOCK])) as readonly { taken: boolean }[];
    if (row?.taken === true) return;
    await pause(TURN_EVERY_MS);
  }
};

/** The pools of the application, not yet connected. */
export const lanesTo = (address: DatabaseAddress): Lanes =>
  new Lanes(
    address,
    laneSource(address, 'webhook', []),
    laneSource(address, 'jobs', entities),
    laneSource(address, 'api', entities),
  );

/** Brings the schema up to date: ours, and the job library's. Safe to run by many processes at once. */
export const migrate = async (address: DatabaseAddress): Promise<void> => {
  const source = new DataSource({
    type: 'postgres',
    url: address.url,
    entities: [],
    migrations,
    uuidExtension: 'pgcrypto',
    installExtensions: false,
    extra: { options: address.options, max: 2, Client: SteadyClient, keepAlive: true },
  });
  await source.initialize();
  const lock = source.createQueryRunner();
  try {
    await waitForTurn(lock);
    await prepareJobs(address);
    await source.runMigrations({ transaction: 'each' });
  } finally {
    await lock.release();
    await source.destroy(); // and with its connection ends the lock
  }
};

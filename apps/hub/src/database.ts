import { DataSource } from 'typeorm';

import { prepareJobs } from '#libs/durable';
import { laneSource, Lanes, SteadyClient, type DatabaseAddress } from '#libs/platform';

import { migrations } from '../../../migrations/index.js';
import { entities } from './entities.js';

/** One number for all instances: only one migrates, the others wait. */
const MIGRATION_LOCK = 3_701;

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
    extra: { options: address.options, max: 2, Client: SteadyClient },
  });
  await source.initialize();
  const lock = source.createQueryRunner();
  try {
    await lock.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await prepareJobs(address);
    await source.runMigrations({ transaction: 'each' });
  } finally {
    await lock.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    await lock.release();
    await source.destroy();
  }
};

import 'reflect-metadata';

import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { Projections } from '#libs/analytics';
import { addressOf, ConfigurationError, Db, isId, type Configuration } from '#libs/platform';

import { lanesTo, migrate } from './database/database.js';
import { startEmbeddedPostgres } from './database/embedded-postgres.js';
import { loadSettings } from './settings.js';

const EXIT_BAD_CONFIGURATION = 78;
const EXIT_USAGE = 64;

interface Database {
  readonly url: string;
  leave(): Promise<void>;
}

const isAlive = (pid: number): boolean => {
  try {
    return pid > 1 && process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};

/** The embedded server of a hub that runs now, by its postmaster.pid (process, folder, start, port); null when none. */
const running = async (dataDir: string): Promise<Database | null> => {
  const read = (...path: string[]): Promise<string> => readFile(join(...path), 'utf8').catch(() => '');
  const note = (await read(dataDir, 'postgres.location')).trim();
  const folder = note === '' ? join(resolve(dataDir), 'postgres') : join(note, 'data');
  const [pid = '', , , port = ''] = (await read(folder, 'postmaster.pid')).split('\n');
  if (!isAlive(Number(pid))) return null;
  const password = (await read(dataDir, 'postgres.password')).trim();
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port.trim()}/postgres`,
    leave: () => Promise.resolve(),
  };
};

/** The configured database, that of a hub that runs, or the embedded one, started for as long as this takes. */
const databaseOf = async ({ DATABASE_URL: url, DATA_DIR: dataDir }: Configuration): Promise<Database> => {
  if (url !== undefined) return { url, leave: () => Promise.resolve() };
  const hubs = await running(dataDir);
  if (hubs !== null) return hubs;
  const own = await startEmbeddedPostgres({ dataDir, fsync: true });
  return { url: own.url, leave: () => own.stop() };
};

const main = async (tenantId: string | undefined): Promise<number> => {
  if (tenantId !== undefined && !isId(tenantId)) {
    process.stderr.write('Usage: npm run rebuild-projections [-- TENANT_ID]\n');
    return EXIT_USAGE;
  }
  const database = await databaseOf(await loadSettings());
  const address = await addressOf(database.url);
  await migrate(address);
  const db = new Db(lanesTo(address));
  try {
    const replayed = await new Projections(db).rebuild(tenantId);
    process.stdout.write(`Replayed ${replayed} events.\n`);
    return 0;
  } finally {
    await db.onApplicationShutdown();
    await database.leave();
  }
};

main(process.argv[2]).then(
  (code) => process.exit(code),
  (error: unknown) => {
    const wrong = error instanceof ConfigurationError;
    const said = wrong ? error.mistakes.join('\n') : `The projections could not be rebuilt: ${String(error)}`;
    process.stderr.write(`${said}\n`);
    process.exit(wrong ? EXIT_BAD_CONFIGURATION : 1);
  },
);

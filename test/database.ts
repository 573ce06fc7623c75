import { randomBytes } from 'node:crypto';

import { Client } from 'pg';

import { addressOf, type DatabaseAddress } from '#libs/platform';

import { migrate } from '../apps/hub/src/database/database.js';

const TEMPLATE = 'hub_template';
const ROLE = 'hub_owner';
const PASSWORD = 'for-tests-only';
const TEMPLATE_LOCK = 4_242;

const clusterUrl = (): string => {
  const url = process.env['TEST_CLUSTER_URL'];
  if (url === undefined) throw new Error('TEST_CLUSTER_URL is not set: run the tests with npm test.');
  return url;
};

const asOwner = (database: string): string => {
  const url = new URL(clusterUrl());
  url.username = ROLE;
  url.password = PASSWORD;
  url.pathname = `/${database}`;
  return url.href;
};

const onCluster = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
  const client = new Client({ connectionString: clusterUrl() });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

/** The migrated database that every other is copied from; made by the first test file that asks. */
const ensureTemplate = async (client: Client): Promise<void> => {
  await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [TEMPLATE]);
    if (rowCount !== 0) return;
    await client.query(`create role ${ROLE} login password '${PASSWORD}'`);
    await client.query(`create database ${TEMPLATE}_new owner ${ROLE}`);
    await migrate(await addressOf(asOwner(`${TEMPLATE}_new`)));
    await client.query(`alter database ${TEMPLATE}_new rename to ${TEMPLATE}`);
  } finally {
    await client.query('select pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  }
};

export interface TestDatabase {
  readonly address: DatabaseAddress;
  /** Reads or changes rows as the cluster's superuser, past row-level security. */
  query(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  /** Lets nobody in, and shows everybody the door; or lets them in again. */
  open(yes: boolean): Promise<void>;
  /** Copies all of it, while nobody else is connected; gives what puts it back, as often as wanted. */
  backup(): Promise<() => Promise<void>>;
  drop(): Promise<void>;
}

/** Shows everybody the door of a database. */
const clear = async (admin: Client, name: string): Promise<void> => {
  await admin.query(`alter database ${name} allow_connections false`);
  await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
};

/** A fresh, migrated database, owned by a plain role as in production. */
export const createDatabase = async (): Promise<TestDatabase> => {
  const name = `hub_${randomBytes(6).toString('hex')}`;
  await onCluster(async (client) => {
    await ensureTemplate(client);
    await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    await client.query(`create database ${name} template ${TEMPLATE} owner ${ROLE}`);
    await client.query('select pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  });
  const url = new URL(clusterUrl());
  url.pathname = `/${name}`;
  const connected = async (): Promise<Client> => {
    const made = new Client({ connectionString: url.href });
    await made.connect();
    return made;
  };
  let client = await connected();
  const alone = async (work: (admin: Client) => Promise<unknown>): Promise<void> => {
    await client.end();
    await onCluster(async (admin) => {
      await clear(admin, name);
      await work(admin);
      await admin.query(`alter database ${name} allow_connections true`);
    });
    client = await connected();
  };
  return {
    address: await addressOf(asOwner(name)),
    query: async (text, values = []) => (await client.query<Record<string, unknown>>(text, [...values])).rows,
    open: async (yes) => {
      await onCluster((admin) => admin.query(`alter database ${name} allow_connections ${yes}`));
      const others =
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()';
      if (!yes) await client.query(others);
    },
    backup: async () => {
      await alone((admin) => admin.query(`create database ${name}_backup template ${name} owner ${ROLE}`));
      return () =>
        alone(async (admin) => {
          await admin.query(`drop database ${name}`);
          await admin.query(`create database ${name} template ${name}_backup owner ${ROLE}`);
        });
    },
    drop: async () => {
      await client.end();
      await onCluster(async (admin) => {
        await admin.query(`drop database ${name} with (force)`);
        await admin.query(`drop database if exists ${name}_backup`);
      });
    },
  };
};

import { Client, type ClientConfig } from 'pg';
import { DataSource, type EntitySchema } from 'typeorm';

import type { Lane } from '../context.js';
import { Unavailable } from '../errors.js';

/** The role that owns the tables and serves, when the connection itself could bypass row-level security. */
const PLAIN_ROLE = 'twilio_hub';

const QUIET = 'do $$ begin create role twilio_hub nologin; exception when duplicate_object then null; end $$';

const lower = async (client: Client): Promise<void> => {
  const database = (await client.query<{ name: string }>('select quote_ident(current_database()) as name'))
    .rows[0];
  await client.query(QUIET);
  await client.query(`grant ${PLAIN_ROLE} to current_user`);
  await client.query(`grant create, connect, temporary on database ${database?.name ?? ''} to ${PLAIN_ROLE}`);
  await client.query(`grant create, usage on schema public to ${PLAIN_ROLE}`);
};

/**
 * A server that goes away tells whoever holds the connection. Between two holders nobody listens, and an 'error' that
 * nobody hears ends the process; the failure itself is met by the next statement.
 */
export class SteadyClient extends Client {
  constructor(config?: string | ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}

/** Where the database is. Whoever connects needs to have been told as whom; until then the database is away. */
export class DatabaseAddress {
  private reached = false;
  private startup: string | undefined;

  constructor(readonly url: string) {}

  /** libpq `options`, such as `-c role=…` on a connection that must be lowered. @throws Unavailable until `reachedWith` */
  get options(): string | undefined {
    if (!this.reached) throw new Unavailable('database-unavailable', 'The database was not reached yet.');
    return this.startup;
  }

  /** It was reached, and every connection carries these startup options from here on. */
  reachedWith(options: string | undefined): this {
    this.startup = options;
    this.reached = true;
    return this;
  }
}

/**
 * Looks at who we are over there. A superuser, or a role that bypasses row-level security, is lowered on
 * every connection to a plain role, made here once.
 * @throws what pg throws when the database cannot be reached.
 */
export const addressOf = async (url: string): Promise<DatabaseAddress> => {
  const client = new SteadyClient({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    query_timeout: 10_000,
  });
  try {
    await client.connect();
    const { rows } = await client.query<{ over: boolean }>(
      'select rolsuper or rolbypassrls as over from pg_roles where rolname = current_user',
    );
    const address = new DatabaseAddress(url);
    if (rows[0]?.over !== true) return address.reachedWith(undefined);
    await lower(client);
    return address.reachedWith(`-c role=${PLAIN_ROLE}`);
  } finally {
    void client.end().catch(() => undefined);
  }
};

/**
 * Asks the database something small, over a connection of its own.
 * @throws when it does not answer in so many milliseconds, or takes no writes
 */
export const answers = async (address: DatabaseAddress, withinMs: number): Promise<void> => {
  const client = new SteadyClient({
    connectionString: address.url,
    options: address.options,
    connectionTimeoutMillis: withinMs,
    query_timeout: withinMs,
    application_name: 'twilio-server probe',
  });
  try {
    await client.connect();
    const { rows } = await client.query<{ only: string }>(
      `select current_setting('transaction_read_only') as only`,
    );
    if (rows[0]?.only !== 'off')
      throw new Unavailable('database-unavailable', 'The database only lets us read.');
  } finally {
    void client.end().catch(() => undefined);
  }
};

/** How long the server may be silent, in milliseconds; whoever waits longer would rather hear that it is away. */
const SILENCE: Readonly<Record<Lane, number>> = { webhook: 4_500, jobs: 20_000, api: 10_000 };
/**
 * How many connections a lane opens: few. A new one takes about 0.1 s of a core of PostgreSQL's before it knows the tables
 * and has planned the statements, and after an outage all are new. And each that is busy takes the cores of a machine that
 * the hub shares with PostgreSQL: under 100 webhooks/s on two cores, callers waited longer with each one more for jobs.
 */
const POOL: Readonly<Record<Lane, number>> = { webhook: 4, jobs: 3, api: 6 };

type Entities = readonly (EntitySchema | (abstract new () => unknown))[];

/** The connections of one lane, made when it is first used. Frozen or vanished servers are noticed by `query_timeout`, on our side. */
export const laneSource = (address: DatabaseAddress, lane: Lane, entities: Entities): DataSource =>
  new DataSource({
    type: 'postgres',
    url: address.url,
    entities: [...entities] as never,
    uuidExtension: 'pgcrypto',
    installExtensions: false,
    applicationName: `twilio-server ${lane}`,
    poolSize: POOL[lane],
    extra: {
      Client: SteadyClient,
      get options() {
        return address.options;
      },
      connectionTimeoutMillis: 4_000,
      query_timeout: SILENCE[lane],
      pipeline: true,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
    },
  });

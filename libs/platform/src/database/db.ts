import { AsyncLocalStorage } from 'node:async_hooks';

import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { PoolClient } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';

import { laneNow, type Lane } from '../context.js';
import { answers, type DatabaseAddress } from './database.js';
import { Unavailable } from '../errors.js';
import { isId } from '../ids.js';
import { isOutage, isRetryable, RolledBack } from './outage.js';
import { OutageBreaker } from './outage-breaker.js';
import { STOP_MS } from '../stop.domain.js';
import { sendTogether, Tx } from './tx.js';
import { within } from '../waiting.js';

/** Who may look across tenants. To add one is a decision: the list is short on purpose. */
export type SystemCaller =
  | 'inbox'
  | 'snapshot'
  | 'sid-lookup'
  | 'api-keys'
  | 'platform-admin'
  | 'dead-letters'
  | 'workers'
  | 'partitions'
  | 'sweeper'
  | 'event-feed'
  | 'projections'
  | 'idempotency'
  | 'import'
  | 'sends';

const PROBE_WITHIN_MS = 1_000;
const ANSWER_WITHIN_MS = 5_000;

export interface TransactionOptions {
  /** The server gives the transaction up after this long, in milliseconds. */
  readonly deadlineMs?: number;
}

/** One pool for each lane. */
export class Lanes {
  constructor(
    readonly address: DatabaseAddress,
    readonly webhook: DataSource,
    readonly jobs: DataSource,
    readonly api: DataSource,
  ) {}

  get all(): readonly DataSource[] {
    return [this.webhook, this.jobs, this.api];
  }
}

/** So long may a transaction's process say nothing, in milliseconds: a paused or lost one must not hold its rows for long. */
const IDLE_WITHIN_MS = 10_000;

/**
 * Statements are planned once for each connection. PostgreSQL would plan each five times before it keeps a plan, and a hub
 * whose connections are all new, after an outage, would wait for that for seconds. Lists with filters of their own need
 * plans of their own.
 */
const PLANNING: Readonly<Record<Lane, string>> = {
  webhook: '; set local plan_cache_mode = force_generic_plan',
  jobs: '; set local plan_cache_mode = force_generic_plan',
  api: '',
};

/** Prefix of every transaction: one message for `begin` and the settings that row-level security reads. */
const beginOf = (tenantId: string | null, lane: Lane, deadlineMs: number | undefined): string => {
  if (tenantId !== null && !isId(tenantId)) throw new Error('A tenant id is a UUID.');
  const scope = `set local app.tenant_id = '${tenantId ?? ''}'; set local app.system = '${tenantId === null ? 'on' : ''}'`;
  const deadline =
    deadlineMs === undefined ? '' : `; set local statement_timeout = ${Math.round(deadlineMs)}`;
  return `begin; ${scope}; set local idle_in_transaction_session_timeout = ${IDLE_WITHIN_MS}${PLANNING[lane]}${deadline}`;
};

/** The only door to PostgreSQL: every statement runs in a transaction of one tenant, or of a listed system caller. */
@Injectable()
export class Db implements OnApplicationShutdown {
  private readonly current = new AsyncLocalStorage<Tx>();
  private readonly breaker: OutageBreaker;
  private connecting: Promise<void> | null = null;

  constructor(private readonly lanes: Lanes) {
    this.breaker = new OutageBreaker(() => answers(lanes.address, PROBE_WITHIN_MS));
  }

  /** Whether all lanes were connected to it once. */
  get connected(): boolean {
    return this.lanes.all.every(({ isInitialized }) => isInitialized);
  }

  /** Whether the database is known to be away: everything fails at once, until a probe succeeds. */
  get away(): boolean {
    return !this.breaker.closed;
  }

  /** For how long it has been back since it was last away, in milliseconds; Infinity when it never was. */
  get backForMs(): number {
    return this.breaker.closedForMs;
  }

  /** For how long it was away the last time, or has been so far, in milliseconds; 0 when it never was. */
  get awayForMs(): number {
    return this.breaker.lastOpenForMs;
  }

  /** Says who is told when the database goes away, and when it is back. */
  whenAway(told: (away: boolean) => void): void {
    this.breaker.whenOpen(told);
  }

  /** Asks it something small, over a connection of its own. @throws when it does not within 5 s, or takes no writes */
  answers(): Promise<void> {
    return answers(this.lanes.address, ANSWER_WITHIN_MS);
  }

  /** It was asked something small, and did not answer: it is away. */
  hangs(): void {
    this.breaker.trip();
  }

  /** A webhook waited for the database as long as a caller can wait. */
  waitedInVain(): void {
    this.breaker.waitedInVain();
  }

  /** Connects all lanes; safe to call again after a failure, and by many at once. */
  connect(): Promise<void> {
    this.connecting ??= this.connectAll().finally(() => (this.connecting = null));
    return this.connecting;
  }

  /**
   * Runs `work` in one transaction that sees one tenant's rows. Inside another of the same tenant it joins it.
   * Deadlocks and serialization failures are tried again three times.
   * @throws Unavailable when the database is away; what `work` throws, after a rollback.
   */
  transaction<T>(
    tenantId: string,
    work: (tx: Tx) => Promise<T> | T,
    options: TransactionOptions = {},
  ): Promise<T> {
    const outer = this.current.getStore();
    if (outer?.tenantId === tenantId) return Promise.resolve(work(outer));
    if (outer !== undefined) throw new Error('A transaction of another tenant is open.');
    return this.attempt(tenantId, work, options);
  }

  /** Runs `work` over all tenants. */
  system<T>(
    _caller: SystemCaller,
    work: (tx: Tx) => Promise<T> | T,
    options: TransactionOptions = {},
  ): Promise<T> {
    const outer = this.current.getStore();
    if (outer !== undefined && outer.tenantId === null) return Promise.resolve(work(outer));
    if (outer !== undefined)
      throw new Error("A tenant's transaction is open; a system one cannot start inside it.");
    return this.attempt(null, work, options);
  }

  /** A connection that a silent server still holds is not waited for. */
  async onApplicationShutdown(): Promise<void> {
    this.breaker.stop();
    const open = this.lanes.all.filter(({ isInitialized }) => isInitialized);
    await within(Promise.all(open.map((source) => source.destroy())), STOP_MS.pools);
  }

  private async connectAll(): Promise<void> {
    for (const source of this.lanes.all) {
      if (!source.isInitialized) await source.initialize();
    }
  }

  private async attempt<T>(
    tenantId: string | null,
    work: (tx: Tx) => Promise<T> | T,
    options: TransactionOptions,
    triesLeft = 3,
  ): Promise<T> {
    try {
      return await this.breaker.run(() => this.run(tenantId, work, options));
    } catch (error) {
      if (isRetryable(error) && triesLeft > 0) return this.attempt(tenantId, work, options, triesLeft - 1);
      if (isOutage(error) && !(error instanceof Unavailable)) {
        throw new Unavailable('database-unavailable', 'The database is away. Try again in a moment.');
      }
      throw error;
    }
  }

  private async run<T>(
    tenantId: string | null,
    work: (tx: Tx) => Promise<T> | T,
    options: TransactionOptions,
  ): Promise<T> {
    const lane = laneNow();
    const source = this.lanes[lane];
    if (!source.isInitialized) await this.connect();
    const runner = source.createQueryRunner();
    const client = (await runner.connect()) as PoolClient;
    const tx = new Tx(tenantId, client, runner.manager);
    try {
      sendTogether(client, beginOf(tenantId, lane, options.deadlineMs)).catch(() => undefined);
      const result = await this.current.run(tx, () => work(tx));
      tx.sayLastWords();
      const { command } = await sendTogether(client, 'commit');
      if (command !== 'COMMIT') throw new RolledBack('The transaction was rolled back.');
      await runner.release();
      return result;
    } catch (error) {
      const cause = await tx.causeOf(error);
      await this.abandon(runner, client, cause);
      throw cause;
    }
  }

  /** A connection that failed us is closed, so that the pool never lends it again. */
  private async abandon(runner: QueryRunner, client: PoolClient, error: unknown): Promise<void> {
    if (runner.isReleased) return;
    try {
      if (isOutage(error)) throw error;
      await client.query('rollback');
    } catch {
      void (client as unknown as { end(): Promise<void> }).end().catch(() => undefined);
    }
    await runner.release();
  }
}

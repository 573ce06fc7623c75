import { EventEmitter } from 'node:events';

import { Injectable, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Logger, run, runMigrations, type Runner, type TaskList } from 'graphile-worker';
import { Pool } from 'pg';
import { Configuration, DatabaseAddress, Db, inContext, Log, Metrics, newId } from '#libs/platform';

import { Jobs, type JobHandler, type JobPayload } from './jobs.js';

const CONNECTIONS = 6;
/** Jobs are fetched and finished in batches; those fetched are held under the pool's id. */
const PRESET = {
  worker: {
    concurrentJobs: 16,
    pollInterval: 150,
    localQueue: { size: 32 },
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
  },
};
const BEAT_MS = 3_000;
const DEAD_AFTER = '12 seconds';

const BEAT = `
  insert into workers (id, worker_ids) values ($1, $2)
  on conflict (id) do update set worker_ids = excluded.worker_ids, beat_at = clock_timestamp(),
    unbroken_since = case when workers.beat_at < clock_timestamp() - interval '${DEAD_AFTER}'
      then clock_timestamp() else workers.unbroken_since end
  returning unbroken_since < clock_timestamp() - interval '${DEAD_AFTER}' as "maySweep"`;
/** Frees the jobs of processes that are gone: their rows are deleted and their locks broken in one statement. */
const SWEEP = `
  with gone as (delete from workers where beat_at < clock_timestamp() - interval '${DEAD_AFTER}' returning worker_ids)
  select graphile_worker.force_unlock_workers(array(select unnest(worker_ids) from gone)) from gone limit 1`;

/** Makes the tables of the job library; safe to run again, and beside itself. */
export const prepareJobs = async (address: DatabaseAddress): Promise<void> => {
  const pool = new Pool({ connectionString: address.url, options: address.options, max: 1 });
  pool.on('error', () => undefined);
  pool.on('connect', (client) => void client.on('error', () => undefined));
  try {
    await runMigrations({ pgPool: pool, logger: new Logger(() => () => undefined) });
  } finally {
    await pool.end();
  }
};

/** Logs and metrics in one hand. */
@Injectable()
export class Telling {
  constructor(
    readonly log: Log,
    readonly metrics: Metrics,
  ) {}
}

/**
 * Runs the jobs (graphile-worker), and tells the others that it lives. The library holds a dead worker's jobs
 * for four hours; a process that has itself been beating for 12 s frees those of one that has not.
 */
@Injectable()
export class JobRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly id = newId();
  private readonly workerIds = new Set<string>();
  private runner: Runner | undefined;
  private pool: Pool | undefined;
  private beating = false;

  constructor(
    private readonly settings: Configuration,
    private readonly address: DatabaseAddress,
    private readonly jobs: Jobs,
    private readonly db: Db,
    private readonly telling: Telling,
  ) {}

  /** Starts to work; without a database it is tried again by the heartbeat. */
  async onApplicationBootstrap(): Promise<void> {
    await this.beat();
  }

  /** Lets jobs in hand finish; those that outlast the wait are given back by the next sweep. */
  async beforeApplicationShutdown(): Promise<void> {
    const runner = this.runner;
    this.runner = undefined;
    if (runner === undefined) return;
    await Promise.race([
      runner.stop().catch(() => undefined),
      new Promise((done) => setTimeout(done, 12_000).unref()),
    ]);
    await this.db
      .system('workers', (tx) => tx.query('delete from workers where id = $1', [this.id]))
      .catch(() => undefined);
    await this.pool?.end().catch(() => undefined);
  }

  @Interval(BEAT_MS)
  async beat(): Promise<void> {
    if (!this.settings.works || this.beating) return;
    this.beating = true;
    try {
      this.runner ??= await this.start();
      const mine = [this.id, [...this.workerIds]];
      const row = await this.db.system('workers', (tx) => tx.one<{ maySweep: boolean }>(BEAT, mine));
      if (row?.maySweep === true) await this.db.system('workers', (tx) => tx.query(SWEEP));
    } catch (error) {
      this.telling.log.warn('the jobs wait for the database', { error: String(error) });
    } finally {
      this.beating = false;
    }
  }

  private async start(): Promise<Runner> {
    const events = new EventEmitter();
    events.on('worker:create', ({ worker }: { worker: { workerId: string } }) =>
      this.workerIds.add(worker.workerId),
    );
    events.on('pool:create', ({ workerPool }: { workerPool: { id: string } }) =>
      this.workerIds.add(workerPool.id),
    );
    this.pool ??= this.connections();
    const tasks = Object.fromEntries(
      [...this.jobs.tasks].map(([task, handler]) => [task, this.running(task, handler)]),
    );
    const logger = new Logger(
      () => (level, message) => level === 'error' && this.telling.log.warn(`jobs: ${message}`),
    );
    const options = { pgPool: this.pool, noHandleSignals: true, preset: PRESET };
    const runner = await run({ ...options, events, logger, taskList: tasks as TaskList });
    runner.promise.catch((error: unknown) => {
      this.telling.log.error('the jobs stopped and start again', error);
      this.runner = undefined;
    });
    return runner;
  }

  private connections(): Pool {
    const pool = new Pool({
      connectionString: this.address.url,
      options: this.address.options,
      max: CONNECTIONS,
      application_name: 'twilio-server jobs',
      connectionTimeoutMillis: 3_000,
    });
    pool.on('error', () => undefined);
    pool.on('connect', (client) => void client.on('error', () => undefined));
    return pool;
  }

  private running(task: string, handler: JobHandler): (payload: unknown) => Promise<void> {
    return async (payload) => {
      const carried = payload as JobPayload;
      try {
        await inContext({ requestId: carried['requestId'] ?? newId(), lane: 'jobs' }, () => handler(carried));
        this.telling.metrics.jobs.inc({ task, end: 'done' });
      } catch (error) {
        this.telling.metrics.jobs.inc({ task, end: 'failed' });
        this.telling.log.error('a job failed and is tried again', error, { task, jobId: carried['jobId'] });
        throw error;
      }
    };
  }
}

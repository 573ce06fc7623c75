import { EventEmitter } from 'node:events';

import { Injectable } from '@nestjs/common';
import { Logger, run, runMigrations, type Runner, type TaskList } from 'graphile-worker';
import { Pool } from 'pg';
import { DatabaseAddress, inContext, Log, Metrics, newId } from '#libs/platform';

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

/** Runs the jobs (graphile-worker), once the database is there. */
@Injectable()
export class JobRunner {
  private readonly ids = new Set<string>();
  private runner: Runner | undefined;
  private pool: Pool | undefined;

  constructor(
    private readonly address: DatabaseAddress,
    private readonly jobs: Jobs,
    private readonly log: Log,
    private readonly metrics: Metrics,
  ) {}

  /** Under which names the library has locked jobs for this process. */
  get workerIds(): readonly string[] {
    return [...this.ids];
  }

  /** Runs, unless it does already. @throws what the database says when it is away */
  async ensure(): Promise<void> {
    this.runner ??= await this.start();
  }

  /** Lets jobs in hand finish for 12 s; those that outlast it are given back by the next sweep. */
  async stop(): Promise<void> {
    const runner = this.runner;
    this.runner = undefined;
    if (runner === undefined) return;
    await Promise.race([
      runner.stop().catch(() => undefined),
      new Promise((done) => setTimeout(done, 12_000).unref()),
    ]);
  }

  /** Lets the connections go, after the last word was said over them. */
  async disconnect(): Promise<void> {
    await this.pool?.end().catch(() => undefined);
  }

  private async start(): Promise<Runner> {
    const events = new EventEmitter();
    events.on('worker:create', ({ worker }: { worker: { workerId: string } }) =>
      this.ids.add(worker.workerId),
    );
    events.on('pool:create', ({ workerPool }: { workerPool: { id: string } }) => this.ids.add(workerPool.id));
    this.pool ??= this.connections();
    const tasks = Object.fromEntries(
      [...this.jobs.tasks].map(([task, handler]) => [task, this.running(task, handler)]),
    );
    const logger = new Logger(
      () => (level, message) => level === 'error' && this.log.warn(`jobs: ${message}`),
    );
    const options = { pgPool: this.pool, noHandleSignals: true, preset: PRESET };
    const runner = await run({ ...options, events, logger, taskList: tasks as TaskList });
    runner.promise.catch((error: unknown) => {
      this.log.error('the jobs stopped and start again', error);
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
        this.metrics.jobs.inc({ task, end: 'done' });
      } catch (error) {
        this.metrics.jobs.inc({ task, end: 'failed' });
        this.log.error('a job failed and is tried again', error, { task, jobId: carried['jobId'] });
        throw error;
      }
    };
  }
}

import { EventEmitter } from 'node:events';

import { Injectable } from '@nestjs/common';
import { Logger, run, runMigrations, type Runner, type TaskList } from 'graphile-worker';
import { Pool } from 'pg';
import {
  DatabaseAddress,
  Db,
  inContext,
  Log,
  Metrics,
  newId,
  pause,
  SteadyClient,
  STOP_MS,
  storable,
  within,
} from '#libs/platform';

import { Jobs, type JobHandler, type JobPayload } from './jobs.js';
import { outlasting } from './outlast.js';

/** One hears of new jobs, the others fetch them and write down how they ended; their work takes the lane's. */
const CONNECTIONS = 3;
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
/** How long the server may be silent: without a limit, a fetch over a dead connection is waited for, and no other begins. */
const SILENCE_MS = 20_000;

/** Shorter than a beat: when a fetch fails, the next beat fetches over others. The library gives failed ones back as if they were good. */
const UNUSED_MS = 1_500;
/** How often a stop looks whether something is still in hand. */
const LOOK_EVERY_MS = 20;

/** The library keeps a failure as JSON, of which PostgreSQL takes no U+0000 and no lone surrogate. */
const keepable = (error: unknown): Error =>
  new Error(storable(error instanceof Error ? error.message : String(error)), { cause: error });

/** What the library says (localQueue.js) when it asked for jobs, and does not know whether it got any. */
const FETCH_FAILED = 'Error occurred fetching jobs';

/** A pool whose clients answer for their own errors (`SteadyClient`): to the library, which looks for both listeners, too. */
const steady = (pool: Pool): Pool => pool.on('error', () => undefined).on('connect', () => undefined);

/** Makes the tables of the job library; safe to run again, and beside itself. */
export const prepareJobs = async (address: DatabaseAddress): Promise<void> => {
  const pool = steady(
    new Pool({
      connectionString: address.url,
      options: address.options,
      max: 1,
      Client: SteadyClient,
      keepAlive: true,
    }),
  );
  try {
    await runMigrations({ pgPool: pool, logger: new Logger(() => () => undefined) });
  } finally {
    await pool.end();
  }
};

/** One run of the library's pool: the names it locks jobs under, and how many jobs of it are still in hand. */
interface Shift {
  readonly ids: Set<string>;
  inHand: number;
}

const newShift = (): Shift => ({ ids: new Set(), inHand: 0 });

/** Runs the jobs (graphile-worker), once the database is there, and again when the library gave up. */
@Injectable()
export class JobRunner {
  private shift = newShift();
  private gone: readonly Shift[] = [];
  private runner: Runner | undefined;
  private starting: Promise<Runner> | undefined;
  private pool: Pool | undefined;
  private stopping = false;

  constructor(
    private readonly address: DatabaseAddress,
    private readonly jobs: Jobs,
    private readonly log: Log,
    private readonly metrics: Metrics,
    private readonly db: Db,
  ) {}

  /** Under which names the library has locked jobs for this process. */
  get workerIds(): readonly string[] {
    return [...this.gone, this.shift].flatMap(({ ids }) => [...ids]);
  }

  /** How many jobs are in hand, those included that go on after their handler has returned. */
  get inHand(): number {
    return [...this.gone, this.shift].reduce((sum, { inHand }) => sum + inHand, this.jobs.lingers);
  }

  /** Names of ended shifts that nothing is in hand of any more: whatever they have locked is to be freed. */
  get goneIds(): readonly string[] {
    return this.gone.filter(({ inHand }) => inHand === 0 || this.stopping).flatMap(({ ids }) => [...ids]);
  }

  /** Forgets the names whose jobs were freed. */
  freed(names: readonly string[]): void {
    this.gone = this.gone.filter(({ ids }) => !names.some((name) => ids.has(name)));
  }

  /** Runs, unless it does already, or the database is known to be away. @throws what that says when it goes away */
  async ensure(): Promise<void> {
    if (this.runner !== undefined || this.stopping || this.db.away) return;
    this.starting = this.start().finally(() => (this.starting = undefined));
    const runner = await this.starting;
    if (this.shift.ids.size > 0) this.runner = runner;
  }

  /** Lets jobs in hand finish, within their share of a stop; those that outlast it are given back. */
  async stop(): Promise<void> {
    this.stopping = true;
    await within(this.finish(), STOP_MS.jobs);
    this.leave();
  }

  /** Also what is in hand of runs that ended before, and of one that just begins. */
  private async finish(): Promise<void> {
    const runner = this.runner ?? (await this.starting?.catch(() => undefined));
    await runner?.stop().catch(() => undefined);
    while (this.inHand > 0) await pause(LOOK_EVERY_MS);
  }

  /** Lets the connections go, after the last word was said over them. */
  async disconnect(): Promise<void> {
    await this.pool?.end().catch(() => undefined);
  }

  /** The library ends its pool for good when it could not write down how a job ended: another one is started. */
  private lose(shift: Shift): void {
    if (this.stopping || this.shift !== shift) return;
    this.log.warn('the jobs were cut off from the database, and start again');
    this.runner = undefined;
    this.leave();
  }

  /** Jobs may be locked for it of which it never heard: another one is started, and its names are freed. */
  private end(shift: Shift): void {
    if (this.stopping || this.shift !== shift) return;
    const runner = this.runner;
    this.lose(shift);
    void runner?.stop().catch(() => undefined);
  }

  private leave(): void {
    this.gone = [...this.gone, this.shift];
    this.shift = newShift();
  }

  private async start(): Promise<Runner> {
    const shift = newShift();
    const events = new EventEmitter();
    this.shift = shift;
    events.on('worker:create', ({ worker }: { worker: { workerId: string } }) =>
      shift.ids.add(worker.workerId),
    );
    events.on('pool:create', ({ workerPool }: { workerPool: { id: string } }) =>
      shift.ids.add(workerPool.id),
    );
    this.pool ??= this.connections();
    events.on('pool:gracefulShutdown', () => this.lose(shift));
    const tasks = Object.fromEntries(
      [...this.jobs.tasks].map(([task, handler]) => [task, this.running(shift, task, handler)]),
    );
    const logger = new Logger(() => (level, message) => {
      if (level !== 'error') return;
      this.log.warn(`jobs: ${message}`);
      if (message.startsWith(FETCH_FAILED)) this.end(shift);
    });
    const options = { pgPool: this.pool, noHandleSignals: true, preset: PRESET };
    const runner = await run({ ...options, events, logger, taskList: tasks as TaskList });
    runner.promise.then(
      () => this.lose(shift),
      () => this.lose(shift),
    );
    if (this.shift !== shift) void runner.stop().catch(() => undefined);
    return runner;
  }

  private connections(): Pool {
    return steady(
      new Pool({
        connectionString: this.address.url,
        options: this.address.options,
        max: CONNECTIONS,
        Client: SteadyClient,
        application_name: 'twilio-server jobs',
        connectionTimeoutMillis: 3_000,
        idleTimeoutMillis: UNUSED_MS,
        query_timeout: SILENCE_MS,
        pipeline: true, // a silent connection is closed, and not lent again
        keepAlive: true,
      }),
    );
  }

  /** The library counts a job's failures, and gives it up for good: an outage is none, and is waited for here. */
  private running(shift: Shift, task: string, handler: JobHandler): (payload: unknown) => Promise<void> {
    const outlook = { isAway: () => this.db.away, isStopping: () => this.stopping };
    return async (payload) => {
      const carried = payload as JobPayload;
      const context = { requestId: carried['requestId'] ?? newId(), lane: 'jobs' } as const;
      shift.inHand += 1;
      try {
        await inContext(context, () => outlasting(() => handler(carried), outlook));
        this.metrics.jobs.inc({ task, end: 'done' });
      } catch (error) {
        this.metrics.jobs.inc({ task, end: 'failed' });
        this.log.error('a job failed and is tried again', error, { task, jobId: carried['jobId'] });
        throw keepable(error);
      } finally {
        shift.inHand -= 1;
      }
    };
  }
}

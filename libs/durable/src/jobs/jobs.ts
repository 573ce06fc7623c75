import { Injectable } from '@nestjs/common';
import { newId, requestId, Tx } from '#libs/platform';

/** What a job carries: ids. Truth and order live in rows; a job only wakes somebody up to look. */
export type JobPayload = Readonly<Record<string, string>>;

export type JobHandler = (payload: JobPayload) => Promise<void>;

export interface JobOptions {
  /** When it should run, by the database's clock; now, unless given. */
  readonly at?: Date;
  /** Or so many milliseconds from the database's now. */
  readonly inMs?: number;
  /** Lower runs first among those that are due; 0 unless given. */
  readonly priority?: number;
}

const ADD = `
  select graphile_worker.add_job($1, $2::json,
    run_at => coalesce($3::timestamptz, clock_timestamp() + make_interval(secs => $4::float8 / 1000)),
    max_attempts => 6, priority => $5::int)`;

/** Alarm clocks: added in the transaction that makes something due, run after it, at least once. */
@Injectable()
export class Jobs {
  private readonly handlers = new Map<string, JobHandler>();
  private lingering = 0;

  /** Says who runs a task. A handler throws only for what nobody expected; it is then tried again with backoff. */
  handle(task: string, handler: JobHandler): void {
    if (this.handlers.has(task)) throw new Error(`The task ${task} has a handler already.`);
    this.handlers.set(task, handler);
  }

  /** Adds one alarm in the caller's transaction. */
  add(tx: Tx, task: string, payload: JobPayload, options: JobOptions = {}): void {
    const carried = {
      ...payload,
      jobId: newId(),
      ...(requestId() === undefined ? {} : { requestId: requestId() }),
    };
    tx.send(ADD, [
      task,
      JSON.stringify(carried),
      options.at ?? null,
      options.inMs ?? 0,
      options.priority ?? 0,
    ]);
  }

  /**
   * Work that goes on after its handler has returned, so that it keeps no job waiting; a shutdown waits for it. Its
   * failures are its own to tell, and nobody runs it again.
   */
  linger(work: Promise<void>): void {
    this.lingering += 1;
    void work.catch(() => undefined).finally(() => (this.lingering -= 1));
  }

  /** How much lingers now. */
  get lingers(): number {
    return this.lingering;
  }

  /** Every task that somebody runs. */
  get tasks(): ReadonlyMap<string, JobHandler> {
    return this.handlers;
  }
}

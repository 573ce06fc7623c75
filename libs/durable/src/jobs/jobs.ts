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

/** An alarm as the database reads it. */
interface Alarm {
  readonly task: string;
  readonly payload: JobPayload;
  readonly at: Date | null;
  readonly inMs: number;
  readonly priority: number;
}

/** To add several costs PostgreSQL little more than to add one. */
const ADD = `
  select count(*) from graphile_worker.add_jobs(array(
    select row(task, payload, null, coalesce("at", clock_timestamp() + make_interval(secs => "inMs" / 1000)), 6, null,
      priority, null)::graphile_worker.job_spec
    from json_to_recordset($1::json) as a(task text, payload json, "at" timestamptz, "inMs" float8, priority int)))`;

/** Alarm clocks: added in the transaction that makes something due, run after it, at least once. */
@Injectable()
export class Jobs {
  private readonly handlers = new Map<string, JobHandler>();
  private readonly added = new WeakMap<Tx, Alarm[]>();
  private lingering = 0;

  /** Says who runs a task. A handler throws only for what nobody expected; it is then tried again with backoff. */
  handle(task: string, handler: JobHandler): void {
    if (this.handlers.has(task)) throw new Error(`The task ${task} has a handler already.`);
    this.handlers.set(task, handler);
  }

  /** Adds one alarm in the caller's transaction, at its end. */
  add(tx: Tx, task: string, payload: JobPayload, { at, inMs = 0, priority = 0 }: JobOptions = {}): void {
    const asked = requestId();
    const carried = { ...payload, jobId: newId(), ...(asked === undefined ? {} : { requestId: asked }) };
    const alarm: Alarm = { task, payload: carried, at: at ?? null, inMs, priority };
    const added = this.added.get(tx);
    if (added !== undefined) return void added.push(alarm);
    const alarms = [alarm];
    this.added.set(tx, alarms);
    tx.beforeCommit(() => tx.send(ADD, [JSON.stringify(alarms)]));
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

import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Db, inContext, isOutage, Log, Metrics, newId, pageOf, placeOf, type Page } from '#libs/platform';

import { FailedEvents } from './inbox/failed-events.js';
import { inReachOf } from './reach.js';

/** A job that failed for the last time, or an event that could not be applied. */
export interface DeadLetter {
  readonly id: string;
  /** Null when nobody knows whose it is. */
  readonly tenantId: string | null;
  readonly kind: 'job' | 'webhook-event';
  readonly name: string;
  readonly error: string;
  readonly attempts: number;
  readonly createdAt: string;
}

interface Row extends Record<string, unknown> {
  readonly id: string;
  readonly tenantId: string | null;
  readonly kind: DeadLetter['kind'];
  readonly name: string;
  readonly error: string | null;
  readonly attempts: number;
  readonly at: Date;
}

const DEAD_JOB = `j.attempts >= j.max_attempts and j.locked_at is null
  and ($1::text is null or j.payload ->> 'tenantId' = $1::text)`;

/** The ids of jobs are those in their payloads: the library's own are counted over all tenants. */
const LIST = `
  select * from (
    select (j.payload ->> 'jobId')::uuid as id, j.payload ->> 'tenantId' as "tenantId", 'job' as kind, t.identifier as name, j.last_error as error, j.attempts::int,
      date_trunc('milliseconds', j.created_at) as at
    from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id where ${DEAD_JOB}
    union all
    select id, tenant_id::text, 'webhook-event', kind, error, attempts, received_at from webhook_events
    where ($1::text is null or tenant_id = $1::uuid) and verdict = 'failed'
  ) letters
  where $2::timestamptz is null or (at, id) < ($2, $3::uuid) order by at desc, id desc limit $4`;
const REVIVE = `
  update graphile_worker._private_jobs j set attempts = 0, run_at = now(), last_error = null
  where ${DEAD_JOB} and j.payload ->> 'jobId' = $2::text returning id`;
const REMOVE = `delete from graphile_worker._private_jobs j where ${DEAD_JOB} and j.payload ->> 'jobId' = $2::text returning id`;

const COUNT = `
  select (select count(*)::int from graphile_worker._private_jobs where attempts >= max_attempts and locked_at is null)
    + (select count(*)::int from webhook_events where verdict = 'failed') as dead`;
const COUNT_EVERY_MS = 30_000;

/** What stopped being tried, for somebody to look at, replay or discard. Neighbours go on meanwhile. */
@Injectable()
export class DeadLetters {
  constructor(
    private readonly db: Db,
    private readonly events: FailedEvents,
    private readonly log: Log,
    private readonly metrics: Metrics,
  ) {}

  /** How many there are, over all tenants. @throws when the database is away */
  async count(): Promise<number> {
    const row = await this.db.system('dead-letters', (tx) => tx.one<{ dead: number }>(COUNT));
    return row?.dead ?? 0;
  }

  @Interval(COUNT_EVERY_MS)
  async measure(): Promise<void> {
    await inContext({ requestId: newId(), lane: 'jobs' }, () => this.count()).then(
      (dead) => this.metrics.deadLetters.set(dead),
      (error: unknown) => {
        if (!isOutage(error)) this.log.error('the dead letters cannot be counted', error);
      },
    );
  }

  /** A tenant's dead letters, newest first; everybody's, and nobody's, when it is null. */
  async list(tenantId: string | null, limit: number, cursor?: string): Promise<Page<DeadLetter>> {
    const place = placeOf(cursor);
    const values = [tenantId, place?.at ?? null, place?.id ?? null, limit + 1];
    const rows = await inReachOf(this.db, tenantId, (tx) => tx.query<Row>(LIST, values));
    return pageOf(rows, limit, ({ at, error, ...row }) => ({
      ...row,
      error: error ?? '',
      createdAt: at.toISOString(),
    }));
  }

  /** Runs it again from the start. @throws NotFound; Rejected when an event fails again */
  async replay(tenantId: string | null, id: string): Promise<void> {
    const revived = await inReachOf(this.db, tenantId, (tx) => tx.one(REVIVE, [tenantId, id]));
    if (revived === undefined) await this.events.replay(tenantId, id);
  }

  /** Gives it up. @throws NotFound */
  async discard(tenantId: string | null, id: string): Promise<void> {
    const removed = await inReachOf(this.db, tenantId, (tx) => tx.one(REMOVE, [tenantId, id]));
    if (removed === undefined) await this.events.discard(tenantId, id);
  }
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Db, newId, requestId, Tx } from '#libs/platform';

import { Jobs } from '../jobs/jobs.js';

/** Something that happened to a tenant's call, message or conversation, as the log keeps it. */
export interface DomainEvent<D = Readonly<Record<string, unknown>>> {
  readonly id: string;
  readonly tenantId: string;
  readonly type: string;
  readonly subjectId: string;
  readonly data: D;
  readonly createdAt: Date;
}

export interface NewEvent {
  readonly type: string;
  readonly subjectId: string;
  readonly data: Readonly<Record<string, unknown>>;
}

type Listener = (event: DomainEvent) => Promise<void>;

/** How a subscriber is called. */
export interface SubscriptionOptions {
  /** Lower runs first; what a customer waits for goes below zero. */
  readonly priority?: number;
  /** Outside of any transaction, for a listener that waits for somebody else. */
  readonly slow?: boolean;
}

/** What a transaction has published so far, and who is to be told. */
interface Published {
  readonly events: (NewEvent & { readonly id: string })[];
  readonly alarms: Readonly<Record<string, unknown>>[];
}

interface Subscription extends Required<SubscriptionOptions> {
  readonly types: ReadonlySet<string>;
  readonly listener: Listener;
}

const LOG = `
  insert into events (id, tenant_id, type, subject_id, data)
  select id, $1, type, "subjectId", data
  from jsonb_to_recordset($2::jsonb) as g(id uuid, type text, "subjectId" uuid, data jsonb)`;
/** One statement: the log's rows and an alarm for each subscriber. */
const PUBLISH = `
  with logged as (${LOG} returning id, created_at),
  alarms as (select row('event', json_build_object('jobId', a."jobId", 'tenantId', $1::uuid, 'eventId', l.id,
      'createdAt', l.created_at, 'subscriber', a.subscriber, 'requestId', a."requestId"), null, clock_timestamp(), 6,
      null, a.priority, null)::graphile_worker.job_spec as spec
    from logged l join jsonb_to_recordset($3::jsonb)
        as a("jobId" uuid, "eventId" uuid, subscriber text, priority int, "requestId" text)
      on a."eventId" = l.id)
  select count(*) from graphile_worker.add_jobs(array(select spec from alarms))`;

const READ = `
  select id, tenant_id as "tenantId", type, subject_id as "subjectId", data, created_at as "createdAt"
  from events where tenant_id = $1 and id = $2 and created_at = $3`;

/** The event log and its subscribers: who speaks knows nothing of who listens. */
@Injectable()
export class Events implements OnModuleInit {
  private readonly subscriptions = new Map<string, Subscription>();
  private readonly published = new WeakMap<Tx, Published>();

  constructor(
    private readonly db: Db,
    private readonly jobs: Jobs,
  ) {}

  onModuleInit(): void {
    this.jobs.handle('event', (payload) => this.deliver(payload));
  }

  /**
   * Subscribes a listener under a stable name. It runs at least once for each event, in any order, after the
   * publisher's commit, and in a transaction of the tenant unless it is slow.
   */
  subscribe(
    subscriber: string,
    types: readonly string[],
    listener: Listener,
    { priority = 0, slow = false }: SubscriptionOptions = {},
  ): void {
    this.subscriptions.set(subscriber, { types: new Set(types), listener, priority, slow });
  }

  /** Writes events to the log, and one job per subscriber, in the caller's transaction, at its end. */
  publish(tx: Tx, ...given: readonly NewEvent[]): void {
    if (given.length === 0) return;
    const { events, alarms } = this.publishedIn(tx);
    for (const event of given) {
      const id = newId();
      events.push({ id, ...event });
      alarms.push(...this.alarmsFor(event.type, id));
    }
  }

  /** One job for each event and this subscriber, in the caller's transaction. */
  deliverAgain(tx: Tx, subscriber: string, events: readonly DomainEvent[]): void {
    for (const { id, tenantId, createdAt } of events) {
      const payload = { tenantId, eventId: id, createdAt: createdAt.toISOString(), subscriber };
      this.jobs.add(tx, 'event', payload);
    }
  }

  private publishedIn(tx: Tx): Published {
    const before = this.published.get(tx);
    if (before !== undefined) return before;
    const published: Published = { events: [], alarms: [] };
    this.published.set(tx, published);
    tx.beforeCommit(() => this.write(tx, published));
    return published;
  }

  private alarmsFor(type: string, eventId: string): Published['alarms'] {
    const listening = [...this.subscriptions].filter(([, { types }]) => types.has(type));
    return listening.map(([subscriber, { priority }]) => ({
      jobId: newId(),
      eventId,
      subscriber,
      priority,
      requestId: requestId(),
    }));
  }

  private write(tx: Tx, { events, alarms }: Published): void {
    const log = [tx.tenantId, JSON.stringify(events)];
    // to add no job costs PostgreSQL as much as to add one, and wakes every worker
    if (alarms.length === 0) tx.send(LOG, log);
    else tx.send(PUBLISH, [...log, JSON.stringify(alarms)]);
  }

  private async deliver(payload: Readonly<Record<string, string>>): Promise<void> {
    const { tenantId = '', eventId, createdAt, subscriber = '' } = payload;
    const subscription = this.subscriptions.get(subscriber);
    if (subscription === undefined) return;
    const read = (tx: Tx): Promise<(DomainEvent & Record<string, unknown>) | undefined> =>
      tx.one(READ, [tenantId, eventId, createdAt]);
    if (subscription.slow) {
      const event = await this.db.transaction(tenantId, read);
      if (event !== undefined) await subscription.listener(event);
      return;
    }
    await this.db.transaction(tenantId, async (tx) => {
      const event = await read(tx);
      if (event !== undefined) await subscription.listener(event);
    });
  }
}

import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Configuration, Db, inContext, isOutage, Log, newId, Tx } from '#libs/platform';

import { Events, type DomainEvent } from './events.js';

/** Takes a tenant's events in a batch: in any order, as often as they come. */
export type BatchListener = (tenantId: string, events: readonly DomainEvent[]) => Promise<void>;

interface Follower {
  readonly types: readonly string[];
  readonly listener: BatchListener;
}

type Logged = DomainEvent & { readonly writtenIn: string } & Record<string, unknown>;

const EVERY_MS = 400;
const MOST = 500;
/** A process that said nothing for so long has left its place in the log to the next. */
const LEASE_SECONDS = 10;

/** A dump restored elsewhere carries transaction numbers of its old server, which are ahead of every new one. */
const RENUMBER = [
  'update events set written_in = pg_current_xact_id() where written_in > pg_current_xact_id()',
  "update event_followers set written_in = '0' where written_in > pg_current_xact_id()",
];
const ENTER = 'insert into event_followers (name) values ($1) on conflict do nothing';
const LEASE = `
  update event_followers set held_by = $2, held_until = clock_timestamp() + interval '${LEASE_SECONDS} seconds'
  where name = $1 and (held_by = $2 or held_until < clock_timestamp()) returning name`;
/**
 * Only what no transaction still running can come before: a later commit may carry an earlier number. The place is
 * looked up first, so that the index is entered there: joined, it is a filter, and the log is read from its beginning.
 */
const READ = `
  select id, tenant_id as "tenantId", type, subject_id as "subjectId", data, created_at as "createdAt",
    written_in::text as "writtenIn"
  from events
  where (written_in, id) >
      ((select written_in from event_followers where name = $1), (select event_id from event_followers where name = $1))
    and written_in < pg_snapshot_xmin(pg_current_snapshot()) and type = any($2)
  order by written_in, id limit ${MOST}`;
const ADVANCE = `
  update event_followers set written_in = $3::text::xid8, event_id = $4 where name = $1 and held_by = $2`;

/**
 * For those who follow the whole log and whom nobody waits for: one place in the log instead of a job for each event.
 * One process at a time follows; an event that cannot be taken becomes a job, and is retried and listed like any other.
 */
@Injectable()
export class EventFeed {
  private readonly id = newId();
  private readonly followers = new Map<string, Follower>();
  private reading = false;
  private renumbered = false;

  constructor(
    private readonly settings: Configuration,
    private readonly db: Db,
    private readonly events: Events,
    private readonly log: Log,
  ) {}

  /** Follows these types of events, under a stable name, from the log's beginning. */
  follow(name: string, types: readonly string[], listener: BatchListener): void {
    this.followers.set(name, { types, listener });
    this.events.subscribe(name, [], (event) => listener(event.tenantId, [event]));
  }

  @Interval(EVERY_MS)
  async read(): Promise<void> {
    if (!this.settings.works || this.reading) return;
    this.reading = true;
    try {
      await inContext({ requestId: newId(), lane: 'jobs' }, () => this.follows());
    } catch (error) {
      this.log.warn('the event log is read later', { error: String(error) });
    } finally {
      this.reading = false;
    }
  }

  private async follows(): Promise<void> {
    await this.renumber();
    for (const [name, follower] of this.followers) await this.catchUp(name, follower);
  }

  private async renumber(): Promise<void> {
    if (this.renumbered) return;
    await this.db.system('event-feed', async (tx) => {
      for (const statement of RENUMBER) await tx.query(statement);
    });
    this.renumbered = true;
  }

  private async catchUp(name: string, { types, listener }: Follower): Promise<void> {
    for (;;) {
      const batch = await this.db.system('event-feed', (tx) => this.next(tx, name, types));
      const last = batch.at(-1);
      if (last === undefined) return;
      for (const [tenantId, events] of Map.groupBy(batch, (event) => event.tenantId)) {
        await listener(tenantId, events).catch((error: unknown) => this.handOver(name, events, error));
      }
      const place = [name, this.id, last.writtenIn, last.id];
      await this.db.system('event-feed', (tx) => tx.query(ADVANCE, place));
      if (batch.length < MOST) return;
    }
  }

  /** The next events after our place, while it is ours. */
  private async next(tx: Tx, name: string, types: readonly string[]): Promise<readonly Logged[]> {
    const [, leased, batch] = await Promise.all([
      tx.query(ENTER, [name]),
      tx.one(LEASE, [name, this.id]),
      tx.query<Logged>(READ, [name, types]),
    ]);
    return leased === undefined ? [] : batch;
  }

  /** What failed goes the way of jobs, one by one: the good ones pass, the bad one ends as a dead letter. */
  private async handOver(name: string, events: readonly DomainEvent[], error: unknown): Promise<void> {
    if (isOutage(error)) throw error;
    this.log.error('a batch of events failed: each is taken by a job of its own', error, { name });
    const tenantId = events[0]?.tenantId ?? '';
    await this.db.transaction(tenantId, (tx) => this.events.deliverAgain(tx, name, events));
  }
}

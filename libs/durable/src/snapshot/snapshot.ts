import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Db, inContext, Log, Metrics, newId, STOP_MS, Tx, within } from '#libs/platform';

import { RoutingFeed } from './routing-feed.js';
import { SnapshotFile } from './snapshot-file.js';

/** A module's part of the snapshot: what its webhooks need to decide without a database. */
export interface Slice {
  readonly name: string;
  /** Rows written by transactions from `since` on (an xid8 as text), or all of them when it is null. */
  changed(tx: Tx, since: string | null): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Takes rows in; the same row may come again. With `all`, what is not among them is forgotten. */
  apply(rows: readonly Readonly<Record<string, unknown>>[], all: boolean): void;
  /** All rows, as `apply` would take them. */
  dump(): readonly Readonly<Record<string, unknown>>[];
}

const FLOOR = `
  select f.xmin::text, case when f.xmin >= $1::text::xid8 then $1::text end as since
  from (select pg_snapshot_xmin(pg_current_snapshot()) as xmin) f`;
const POLL_MS = 2_000;
const SEAL_MS = 5_000;

/**
 * Routing and account data in memory, so that a call is answered without asking the database. Refreshed by
 * NOTIFY and by a poll; a change is read again until no older transaction runs, since a later commit may
 * carry an earlier number.
 */
@Injectable()
export class Snapshot implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly slices: Slice[] = [];
  private since: string | null = null;
  private refreshing: Promise<void> | undefined;
  private next: Promise<void> | undefined;
  private unsealed = false;
  private isLoaded = false;
  private changes = 0;

  constructor(
    private readonly db: Db,
    private readonly file: SnapshotFile,
    private readonly feed: RoutingFeed,
    private readonly log: Log,
    private readonly metrics: Metrics,
  ) {}

  register(slice: Slice): void {
    this.slices.push(slice);
  }

  /** Whether there is anything to decide by. */
  get loaded(): boolean {
    return this.isLoaded;
  }

  /** Grows whenever something in it changed. */
  get version(): number {
    return this.changes;
  }

  /** From the database; when it is away, from the sealed file. */
  async onApplicationBootstrap(): Promise<void> {
    this.feed.start(() => void this.refresh().catch(() => undefined));
    await this.refresh().catch((error: unknown) => this.restore(error));
  }

  async onApplicationShutdown(): Promise<void> {
    this.feed.stop();
    await within(this.seal(), STOP_MS.snapshot);
  }

  /** Brings this process's snapshot up to what is committed now: a reading that began before does not count. */
  refresh(): Promise<void> {
    if (this.refreshing === undefined) {
      this.refreshing = this.read().finally(() => (this.refreshing = undefined));
      return this.refreshing;
    }
    this.next ??= this.refreshing
      .catch(() => undefined)
      .then(() => {
        this.next = undefined;
        return this.refresh();
      });
    return this.next;
  }

  @Interval(POLL_MS)
  async poll(): Promise<void> {
    await this.refresh().catch(() => undefined);
  }

  @Interval(SEAL_MS)
  async seal(): Promise<void> {
    if (!this.unsealed) return;
    this.unsealed = false;
    const dumped = Object.fromEntries(this.slices.map((slice) => [slice.name, slice.dump()]));
    await this.file.write(dumped).catch((error: unknown) => {
      this.unsealed = true;
      this.log.error('the snapshot could not be sealed', error);
    });
  }

  /** On the webhooks' lane, which gives a silent database up soonest. */
  private async read(): Promise<void> {
    await inContext({ requestId: newId(), lane: 'webhook' }, () =>
      this.db.system('snapshot', (tx) => this.catchUp(tx)),
    );
    this.isLoaded = true;
    this.metrics.snapshotVersion.setToCurrentTime();
  }

  /** What changed since the last time; all of it when the database is younger than that: it was restored. */
  private async catchUp(tx: Tx): Promise<void> {
    const [floor] = await tx.query<{ xmin: string; since: string | null }>(FLOOR, [this.since]);
    if (floor === undefined) throw new Error('The database gave no snapshot.');
    const { xmin, since } = floor;
    for (const slice of this.slices) {
      const rows = await slice.changed(tx, since);
      if (rows.length > 0 || since === null) slice.apply(rows, since === null);
      if (rows.length > 0) this.changes += 1;
      this.unsealed ||= rows.length > 0;
    }
    this.since = xmin;
  }

  private async restore(reason: unknown): Promise<void> {
    const dumped = await this.file.read().catch((error: unknown) => {
      this.log.error('the sealed snapshot cannot be used', error);
      return null;
    });
    this.log.warn('the database is away: deciding by the sealed snapshot', {
      loaded: dumped !== null,
      error: String(reason),
    });
    if (dumped === null) return;
    for (const slice of this.slices)
      slice.apply((dumped[slice.name] ?? []) as ReturnType<Slice['dump']>, true);
    this.changes += 1;
    this.isLoaded = true;
  }
}

import { join } from 'node:path';

import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Configuration, Log, Metrics, Sealer } from '#libs/platform';

import type { InboxEvent } from '../webhook-events.js';
import { framed } from './frames.js';
import { Segment } from './segment.js';
import { SpoolFolder } from './spool-folder.js';

/** A record that is on the disk; ticked off once its event is in the database. */
export interface Ticket {
  done(): void;
}

/** A record that waits for the database. */
export interface SpooledEvent extends Ticket {
  readonly event: InboxEvent;
  /** When it came, in milliseconds of this host's clock, as `Date.now()` gives them. */
  readonly cameAt: number;
}

interface Waiting {
  readonly record: Buffer;
  readonly kept: (ticket: Ticket) => void;
  readonly failed: (error: unknown) => void;
}

const PURPOSE = 'spool';
const MIB = 1024 * 1024;
/** Four segments' worth of events are in memory at most while they are drained. */
const SEGMENT_BYTES = 4 * MIB;
/** An open segment of which all is ticked off gives way to a new one when that is worth it. */
const WORTH_REMOVING_BYTES = MIB / 4;
const WATERMARK = 0.8;
const QUIET_MS = 500;
const LOOK_AROUND_MS = 3_000;

/**
 * Webhook events that could not be kept in PostgreSQL, on this host's disk: sealed, checksummed, synced before they
 * count (group commit). A sync that fails ends its segment and is not tried again; the records go to a new one, once.
 */
@Injectable()
export class Spool implements OnApplicationBootstrap, OnApplicationShutdown {
  private folder: SpoolFolder | undefined;
  private segments: readonly Segment[] = [];
  private active: Segment | undefined;
  private waiting: Waiting[] = [];
  private writing: Promise<void> | undefined;
  private trouble: string | null = null;
  private isHigh = false;
  private writtenAt = 0;

  constructor(
    private readonly settings: Configuration,
    private readonly sealer: Sealer,
    private readonly log: Log,
    private readonly metrics: Metrics,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.lookAround();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.writing;
    for (const segment of this.segments) await (segment.spent ? segment.remove() : segment.end());
    await this.folder?.release();
    this.folder = undefined;
  }

  /** Bytes on the disk, and records that wait for the database. */
  get size(): { readonly bytes: number; readonly records: number } {
    const sum = (of: (segment: Segment) => number): number =>
      this.segments.reduce((total, segment) => total + of(segment), 0);
    return { bytes: sum(({ bytes }) => bytes), records: sum(({ left }) => left) };
  }

  /** What keeps it from taking records; null when nothing does. */
  get fault(): string | null {
    return this.folder === undefined ? (this.trouble ?? 'not opened yet') : this.trouble;
  }

  /** Whether the operator should look: most of the room is used. */
  get high(): boolean {
    return this.isHigh;
  }

  /** Whether those who wrote the last records had the time to tick them off themselves. */
  private get isQuiet(): boolean {
    return performance.now() - this.writtenAt > QUIET_MS;
  }

  /** Writes an event down; it is on the disk when this resolves. @throws when the disk fails or the room is used up */
  append(event: InboxEvent): Promise<Ticket> {
    const sealed = this.sealer.seal(JSON.stringify({ event, cameAt: Date.now() }), PURPOSE);
    const record = framed(Buffer.from(sealed));
    return new Promise((kept, failed) => {
      this.waiting.push({ record, kept, failed });
      this.writing ??= this.writeAll().finally(() => (this.writing = undefined));
    });
  }

  /** Records that wait, a segment's worth of them; none when none do, or when they have only just come. */
  async next(): Promise<readonly SpooledEvent[]> {
    const segment = this.segments.find((one) => one.left > 0 && (one !== this.active || this.isQuiet));
    if (segment === undefined) return [];
    if (segment === this.active) this.active = undefined;
    await segment.end();
    try {
      const records = await segment.unsettled();
      return records.flatMap(({ number, payload }) => this.opened(segment, number, payload));
    } catch (error) {
      this.log.error('a spool segment could not be read, and is tried again', error);
      return [];
    }
  }

  /** Takes over what processes that are gone have left, and says to others that we live. */
  @Interval(LOOK_AROUND_MS)
  async lookAround(): Promise<void> {
    try {
      this.folder ??= await SpoolFolder.claim(join(this.settings.DATA_DIR, 'spool'));
      await this.folder.touch();
      for (const path of await this.folder.adopt()) await this.take(path);
      if (this.trouble !== null) await this.tryDisk(this.folder);
    } catch (error) {
      this.fails(error);
    }
    this.measure();
  }

  /** Whether the disk takes a record again. @throws what it says when not */
  private async tryDisk(folder: SpoolFolder): Promise<void> {
    const segment = await Segment.create(folder.next());
    try {
      await segment.append([framed(Buffer.alloc(4_096))]);
    } finally {
      await segment.remove();
    }
    this.works();
  }

  private async take(path: string): Promise<void> {
    const { segment, reading } = await Segment.adopted(path);
    this.segments = [...this.segments, segment];
    this.log.info('a spool segment that nobody owned was adopted', { records: segment.left });
    if (reading.damaged.length === 0) return;
    this.metrics.spoolDamaged.inc(reading.damaged.length);
    this.log.error('a spool segment is damaged: what can be read of it is applied', undefined, {
      ranges: reading.damaged,
    });
  }

  private async writeAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting;
      this.waiting = [];
      await this.write(batch)
        .catch(() => this.write(batch))
        .then(
          () => this.works(),
          (error: unknown) => {
            this.fails(error);
            for (const { failed } of batch) failed(error);
          },
        );
    }
  }

  private async write(batch: readonly Waiting[]): Promise<void> {
    const records = batch.map(({ record }) => record);
    this.checkRoom(records.reduce((total, { length }) => total + length, 0));
    const segment = await this.writable();
    const first = await segment.append(records).catch((error: unknown) => {
      this.active = undefined;
      throw error;
    });
    this.writtenAt = performance.now();
    batch.forEach(({ kept }, index) => kept({ done: () => this.tick(segment, first + index) }));
  }

  private checkRoom(more: number): void {
    const room = this.settings.SPOOL_MAX_MB * MIB;
    const used = this.size.bytes + more;
    const high = used > room * WATERMARK;
    if (high && !this.isHigh) this.log.error('the spool is nearly full', undefined, { used, room });
    this.isHigh = high;
    if (used > room) throw new Error(`The spool is full (SPOOL_MAX_MB=${this.settings.SPOOL_MAX_MB}).`);
  }

  private async writable(): Promise<Segment> {
    const { active } = this;
    const room = active?.spent === true ? WORTH_REMOVING_BYTES : SEGMENT_BYTES;
    if (active !== undefined && active.bytes < room) return active;
    this.active = undefined;
    await active?.end();
    this.clear();
    this.folder ??= await SpoolFolder.claim(join(this.settings.DATA_DIR, 'spool'));
    const segment = await Segment.create(this.folder.next());
    this.segments = [...this.segments, segment];
    this.active = segment;
    return segment;
  }

  private tick(segment: Segment, number: number): void {
    segment.tick(number);
    if (segment.spent) this.clear();
  }

  /** Lets go of ended segments of which nothing is needed any more. */
  private clear(): void {
    const spent = this.segments.filter((one) => one !== this.active && one.spent);
    this.segments = this.segments.filter((one) => !spent.includes(one));
    for (const segment of spent) void segment.remove();
  }

  private opened(segment: Segment, number: number, payload: Buffer): readonly SpooledEvent[] {
    const done = (): void => this.tick(segment, number);
    try {
      const opened = JSON.parse(this.sealer.open(payload.toString(), PURPOSE).toString('utf8')) as {
        event: InboxEvent;
        cameAt: number;
      };
      return [{ ...opened, done }];
    } catch (error) {
      segment.passOver(number);
      this.metrics.spoolDamaged.inc();
      this.log.error('a spooled event cannot be opened, and stays on the disk', error);
      return [];
    }
  }

  private works(): void {
    if (this.trouble !== null) this.log.info('the spool takes events again');
    this.trouble = null;
  }

  private fails(error: unknown): void {
    if (this.trouble === null) this.log.error('the spool takes no events', error);
    this.trouble = error instanceof Error ? error.message : String(error);
  }

  private measure(): void {
    const { bytes, records } = this.size;
    this.metrics.spoolBytes.set(bytes);
    this.metrics.spoolRecords.set(records);
  }
}

import { join } from 'node:path';

import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Configuration, Log, Metrics, Sealer } from '#libs/platform';

import type { InboxEvent } from '../webhook-events.js';
import { framed } from './frames.js';
import { Segment } from './segment.js';
import { Segments } from './segments.js';
import { SpoolFolder } from './spool-folder.js';

/** A record that is on the disk; ticked off once its event is in the database. */
export interface Ticket {
  done(): unknown;
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
const WATERMARK = 0.8;
const LOOK_AROUND_MS = 3_000;

/**
 * Webhook events that could not be kept in PostgreSQL, on this host's disk: sealed, checksummed, synced before they
 * count (group commit). A sync that fails ends its segment and is not tried again; the records go to a new one, once.
 */
@Injectable()
export class Spool implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly segments = new Segments();
  private folder: SpoolFolder | undefined;
  private waiting: Waiting[] = [];
  private writing: Promise<void> | undefined;
  private isWriting = false;
  private trouble: string | null = 'not opened yet';
  private isHigh = false;
  private looking: Promise<void> | undefined;
  private readonly complained = new Set<string>();

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
    await this.segments.end();
    await this.folder?.release();
    this.folder = undefined;
  }

  /** Bytes on the disk, and records that wait for the database. */
  get size(): { readonly bytes: number; readonly records: number } {
    return this.segments.size;
  }

  /** What keeps it from taking records; null when nothing does. */
  get fault(): string | null {
    return this.trouble;
  }

  /** Whether the operator should look: most of the room is used. */
  get high(): boolean {
    return this.isHigh;
  }

  /** Writes an event down; it is on the disk when this resolves. @throws when the disk fails or the room is used up */
  append(event: InboxEvent): Promise<Ticket> {
    const sealed = this.sealer.seal(JSON.stringify({ event, cameAt: Date.now() }), PURPOSE);
    const record = framed(Buffer.from(sealed));
    return new Promise((kept, failed) => {
      this.waiting.push({ record, kept, failed });
      if (!this.isWriting) this.writing = this.writeAll();
    });
  }

  /** Records that wait, a segment's worth of them; none when none do, or when they have only just come. */
  async next(): Promise<readonly SpooledEvent[]> {
    try {
      const segment = await this.segments.oldest();
      const records = (await segment?.unsettled()) ?? [];
      return records.flatMap(({ number, payload }) =>
        segment === undefined ? [] : this.opened(segment, number, payload),
      );
    } catch (error) {
      this.log.error('a spool segment could not be read, and is tried again', error);
      return [];
    }
  }

  /** Takes over what processes that are gone have left, and says to others that we live. */
  @Interval(LOOK_AROUND_MS)
  lookAround(): Promise<void> {
    this.looking ??= this.look().finally(() => (this.looking = undefined));
    return this.looking;
  }

  private async look(): Promise<void> {
    try {
      const folder = await this.own();
      await folder.touch();
      await this.takeOver(folder);
      if (this.trouble !== null) await this.tryDisk(folder);
    } catch (error) {
      this.fails(error);
    }
    this.metrics.spoolBytes.set(this.size.bytes);
    this.metrics.spoolRecords.set(this.size.records);
  }

  private async own(): Promise<SpoolFolder> {
    this.folder ??= await SpoolFolder.claim(join(this.settings.DATA_DIR, 'spool'));
    return this.folder;
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

  /** One that cannot be taken now is tried again the next time, and keeps none of the others waiting. */
  private async takeOver(folder: SpoolFolder): Promise<void> {
    const told = (name: string, error: unknown): void => {
      if (!this.complained.has(name)) this.log.error('a spool cannot be taken over yet', error, { name });
      this.complained.add(name);
    };
    for (const path of await folder.adopt(told)) {
      await this.take(path).then(
        () => folder.taken(path),
        (error: unknown) => told(path, error),
      );
    }
  }

  private async take(path: string): Promise<void> {
    const { segment, reading } = await Segment.adopted(path);
    this.segments.add(segment);
    this.log.info('a spool segment that nobody owned was adopted', { records: segment.left });
    if (reading.damaged.length === 0) return;
    this.metrics.spoolDamaged.inc(reading.damaged.length);
    this.log.error('a spool segment is damaged: what can be read of it is applied', undefined, {
      ranges: reading.damaged,
    });
  }

  private async writeAll(): Promise<void> {
    this.isWriting = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, this.roomFor(this.waiting));
      const ended = batch.length === 0 ? this.refuse() : this.write(batch).catch(() => this.write(batch));
      await ended.catch((error: unknown) => {
        this.fails(error);
        for (const { failed } of batch.length === 0 ? this.waiting.splice(0) : batch) failed(error);
      });
    }
    this.isWriting = false;
  }

  private async write(batch: readonly Waiting[]): Promise<void> {
    const folder = await this.own();
    const records = batch.map(({ record }) => record);
    const ticks = await this.segments.append(records, () => folder.next());
    this.works();
    batch.forEach(({ kept }, index) => kept({ done: () => ticks[index]?.() }));
  }

  /** How many of these fit. */
  private roomFor(records: readonly Waiting[]): number {
    const room = this.settings.SPOOL_MAX_MB * MIB;
    let used = this.size.bytes;
    const beyond = records.findIndex(({ record }) => (used += record.length) > room);
    const high = used > room * WATERMARK;
    if (high && !this.isHigh) this.log.error('the spool is nearly full', undefined, { used, room });
    this.isHigh = high;
    return beyond < 0 ? records.length : beyond;
  }

  private refuse(): Promise<never> {
    return Promise.reject(new Error(`The spool is full (SPOOL_MAX_MB=${this.settings.SPOOL_MAX_MB}).`));
  }

  private opened(segment: Segment, number: number, payload: Buffer): readonly SpooledEvent[] {
    const done = (): void => this.segments.tick(segment, number);
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
    if (this.trouble !== null) this.log.info('the spool takes events');
    this.trouble = null;
  }

  private fails(error: unknown): void {
    const said = error instanceof Error ? error.message : String(error);
    if (this.trouble !== said) this.log.error('the spool takes no events', error);
    this.trouble = said;
  }
}

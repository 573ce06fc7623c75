import { join } from 'node:path';

import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Configuration, Log, Metrics, Sealer, STOP_MS, within } from '#libs/platform';

import type { InboxEvent } from '../inbox/webhook-events.js';
import { neverWhole } from './frames.js';
import { GroupCommit } from './group-commit.js';
import { Segment, type NewRecord } from './segment.js';
import { MIB, Segments } from './segments.js';
import { SpoolFolder } from './spool-folder.js';
import { SpoolReader, type WaitingEvent } from './spool-reader.js';
import { SpoolRecords } from './spool-records.js';
import { SpoolWriter, type Ticket } from './spool-writer.js';

const WATERMARK = 0.8;
/** A webhook is 64 kB at most, and sealing makes more of it: with less room than this, some would be refused. */
const ROOM_TO_WORK = MIB / 4;
const LOOK_AROUND_MS = 3_000;
/** A disk that has taken nothing for so long is tried: it may be full, or read-only, with nobody the wiser. */
const BELIEVED_MS = 15_000;
/** As large as the largest event. */
const TRIAL = neverWhole(MIB / 8);

/**
 * Webhook events that could not be kept in PostgreSQL, on this host's disk: sealed, checksummed, synced before they
 * count.
 */
@Injectable()
export class Spool implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly segments = new Segments();
  private readonly reader: SpoolReader;
  private readonly writer: SpoolWriter;
  private readonly trials = new GroupCommit<SpoolFolder, void>(([folder]) => this.tryDisk(folder));
  private folder: SpoolFolder | undefined;
  private owning: Promise<SpoolFolder> | undefined;
  private trouble: string | null = 'not opened yet';
  private wasHigh = false;
  private workedAt = 0;
  private lastWork: () => Promise<void> = () => Promise.resolve();
  private looking: Promise<void> | undefined;
  private readonly complained = new Set<string>();

  constructor(
    private readonly settings: Configuration,
    sealer: Sealer,
    private readonly log: Log,
    private readonly metrics: Metrics,
  ) {
    const records = new SpoolRecords(sealer);
    this.reader = new SpoolReader(this.segments, records, { log, metrics });
    this.writer = new SpoolWriter(this.segments, records, {
      folder: () => this.own(),
      fitting: (events) => this.fitting(events),
      worked: () => this.works(),
      failed: (error) => this.fails(error),
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.lookAround();
  }

  /** A disk that hangs is not waited for: what was answered is on it, and is adopted. */
  async onApplicationShutdown(): Promise<void> {
    await within(this.close(), STOP_MS.spool);
  }

  /** Bytes on the disk, and records that wait for the database. */
  get size(): { readonly bytes: number; readonly records: number } {
    return this.segments.size;
  }

  /** How many of them may be brought to the database soon: those that the disk does not give us are not waited for. */
  get awaited(): number {
    return this.segments.awaited;
  }

  /** What keeps it from taking records; null when nothing does. */
  get fault(): string | null {
    return this.trouble ?? this.writer.trouble ?? this.trials.trouble;
  }

  /** Whether the operator should look: most of the room is used. */
  get high(): boolean {
    return this.size.bytes > this.room * WATERMARK;
  }

  /**
   * Writes an event down; it is on the disk when this resolves.
   * @throws when the disk fails, or the room is used up; at once while the disk hangs: then it may be written all the
   *   same, so that who takes over from this process, should it be killed, finds it
   */
  append(event: InboxEvent): Promise<Ticket> {
    return this.writer.append(event);
  }

  /** Events that wait, a segment's worth of them; none when none do, or when they have only just come. */
  next(): Promise<readonly WaitingEvent[]> {
    return this.reader.next();
  }

  /** Says who has events for the disk at the very end. */
  beforeClosing(work: () => Promise<void>): void {
    this.lastWork = work;
  }

  /** Takes over what processes that are gone have left, and says to others that we live. */
  @Interval(LOOK_AROUND_MS)
  lookAround(): Promise<void> {
    this.looking ??= this.look().finally(() => (this.looking = undefined));
    return this.looking;
  }

  private get room(): number {
    return this.settings.SPOOL_MAX_MB * MIB;
  }

  private get isToBeTried(): boolean {
    if (this.room - this.size.bytes < ROOM_TO_WORK) return false;
    return this.trouble !== null || performance.now() - this.workedAt > BELIEVED_MS;
  }

  private async look(): Promise<void> {
    try {
      const folder = await this.own();
      await folder.touch();
      await this.takeOver(folder);
      if (this.isToBeTried) await this.trials.add(folder);
    } catch (error) {
      this.fails(error);
    }
    this.metrics.spoolBytes.set(this.size.bytes);
    this.metrics.spoolRecords.set(this.size.records);
  }

  /** Our folder; another one when it was removed. @throws what the disk says */
  private own(): Promise<SpoolFolder> {
    this.owning ??= this.claim().finally(() => (this.owning = undefined));
    return this.owning;
  }

  private async claim(): Promise<SpoolFolder> {
    const { folder } = this;
    if (folder !== undefined && (await folder.isGone())) {
      this.log.error('the folder of the spool was removed: another one is made');
      this.folder = undefined;
      await folder.release();
    }
    this.folder ??= await SpoolFolder.claim(join(this.settings.DATA_DIR, 'spool'));
    return this.folder;
  }

  private async close(): Promise<void> {
    await this.lastWork();
    await this.looking;
    await this.writer.settled();
    await this.segments.end();
    await this.folder?.release();
    this.folder = undefined;
  }

  /** Whether the disk takes a record. @throws what it says when not */
  private async tryDisk(folder: SpoolFolder | undefined): Promise<readonly void[]> {
    if (folder === undefined) return [];
    const segment = await Segment.create(folder.next());
    try {
      await segment.write([{ bytes: TRIAL, cameAt: 0 }]);
      await segment.sync([]);
    } finally {
      await segment.remove();
    }
    this.works();
    return [undefined];
  }

  /** One that cannot be taken now is tried again the next time, and keeps none of the others waiting. */
  private async takeOver(folder: SpoolFolder): Promise<void> {
    const told = (name: string, error: unknown): void => {
      if (!this.complained.has(name)) this.log.error('a spool cannot be taken over yet', error, { name });
      this.complained.add(name);
    };
    for (const path of await folder.adopt(told)) {
      await this.reader.take(path).then(
        () => folder.taken(path),
        (error: unknown) => told(path, error),
      );
    }
  }

  /** The first of these for which there is room. @throws when there is none */
  private fitting(records: readonly NewRecord[]): readonly NewRecord[] {
    let used = this.size.bytes;
    const beyond = records.findIndex(({ bytes }) => (used += bytes.length) > this.room);
    const high = used > this.room * WATERMARK;
    if (high && !this.wasHigh)
      this.log.error('the spool is nearly full', undefined, { used, room: this.room });
    this.wasHigh = high;
    if (beyond === 0) throw new Error(`The spool is full (SPOOL_MAX_MB=${this.settings.SPOOL_MAX_MB}).`);
    return beyond < 0 ? records : records.slice(0, beyond);
  }

  private works(): void {
    if (this.trouble !== null) this.log.info('the spool takes events');
    this.trouble = null;
    this.workedAt = performance.now();
  }

  private fails(error: unknown): void {
    const said = error instanceof Error ? error.message : String(error);
    if (this.trouble !== said) this.log.error('the spool takes no events', error);
    this.trouble = said;
  }
}

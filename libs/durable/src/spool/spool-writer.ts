import type { InboxEvent } from '../inbox/webhook-events.js';
import { GroupCommit } from './group-commit.js';
import type { NewRecord } from './segment.js';
import type { Segments, Written } from './segments.js';
import type { SpoolFolder } from './spool-folder.js';
import type { SpoolRecords } from './spool-records.js';

/** A record that is on the disk; ticked off once its event is in the database. */
export interface Ticket {
  done(): unknown;
  /** The event, as the disk gives it back. @throws when it does not */
  read(): Promise<InboxEvent>;
}

/** What the records are written to. */
export interface Ground {
  /** @throws what the disk says */
  folder(): Promise<SpoolFolder>;
  /** The first of these, as many as there is room for. @throws when there is none */
  fitting(records: readonly NewRecord[]): readonly NewRecord[];
  /** Hears that the disk took records, or what it says when it does not. */
  worked(): void;
  failed(error: unknown): void;
}

/**
 * Writes records, and then syncs what is written; what comes at the same time together (group commit). A sync that is
 * slow holds up no write: what is written survives the end of this process, though not the host's. A sync that fails
 * ends its segment and is not tried again; the records go to a new one, once.
 */
export class SpoolWriter {
  private readonly writes = new GroupCommit<NewRecord, Written>((records) => this.told(this.write(records)));
  private readonly syncs = new GroupCommit<Written, Ticket>((written) => this.told(this.sync(written)));

  constructor(
    private readonly segments: Segments,
    private readonly records: SpoolRecords,
    private readonly ground: Ground,
  ) {}

  /** Why nobody should wait for the disk: null when it answers. */
  get trouble(): string | null {
    return this.writes.trouble ?? this.syncs.trouble;
  }

  /**
   * Writes an event down; it is on the disk when this resolves.
   * @throws when the disk fails, or there is no room; at once while it hangs
   */
  async append(event: InboxEvent): Promise<Ticket> {
    return this.syncs.add(await this.writes.add(this.records.of(event)));
  }

  /** All that was appended so far is on the disk, or has failed. */
  async settled(): Promise<void> {
    await this.writes.settled();
    await this.syncs.settled();
  }

  private async write(records: readonly NewRecord[]): Promise<readonly Written[]> {
    const fitting = this.ground.fitting(records);
    return this.written(fitting).catch(() => this.written(fitting));
  }

  private async written(records: readonly NewRecord[]): Promise<readonly Written[]> {
    const folder = await this.ground.folder();
    return this.segments.write(records, () => folder.next());
  }

  private async sync(written: readonly Written[]): Promise<readonly Ticket[]> {
    const synced = await this.synced(written).catch(() => this.syncedElsewhere(written));
    this.ground.worked();
    return synced.map((one) => this.ticketFor(one));
  }

  private async synced(written: readonly Written[]): Promise<readonly Written[]> {
    await this.segments.sync(written);
    return written;
  }

  /** Their segment takes no more. */
  private async syncedElsewhere(written: readonly Written[]): Promise<readonly Written[]> {
    return this.synced(await Promise.all(written.map(({ record }) => this.writes.add(record))));
  }

  private told<T>(work: Promise<T>): Promise<T> {
    return work.catch((error: unknown) => {
      this.ground.failed(error);
      throw error;
    });
  }

  private ticketFor(written: Written): Ticket {
    const { segment, at, length, record } = written;
    return {
      done: () => this.segments.tick(written),
      read: async () => {
        const payload = await segment.read(at, length);
        if (payload === null) throw new Error('The record that was just written is not whole.');
        return this.records.read(payload, record.cameAt)();
      },
    };
  }
}

import type { Log, Metrics } from '#libs/platform';

import type { InboxEvent } from '../inbox/webhook-events.js';
import { Segment, type WaitingRecord } from './segment.js';
import type { Segments } from './segments.js';
import { isGone } from './spool-folder.js';
import type { SpoolRecords } from './spool-records.js';

/** An event that waits for the database. */
export interface WaitingEvent {
  /** As old as it is now. */
  event(): InboxEvent;
  done(): unknown;
  /** It cannot be taken now: what is kept with it may wait a moment, and others go first. */
  later(): unknown;
}

/** A segment that the disk does not give us is asked for again after this long. */
const UNREADABLE_MS = 60_000;
const PAUSE_MS = 1_000;

/** Reads what waits, over everything that cannot be read. */
export class SpoolReader {
  constructor(
    private readonly segments: Segments,
    private readonly records: SpoolRecords,
    private readonly told: { readonly log: Log; readonly metrics: Metrics },
  ) {}

  /** A segment's worth of events that wait; none when none do, or when they have only just come. */
  async next(): Promise<readonly WaitingEvent[]> {
    for (;;) {
      const segment = await this.segments.oldest();
      const found = segment === undefined ? [] : await this.waitingIn(segment);
      if (segment === undefined || found.length > 0) return found;
    }
  }

  /** Looks after a segment that another process wrote. @throws what the disk says: then it may be tried again */
  async take(path: string): Promise<void> {
    const { segment, reading } = await Segment.adopted(path);
    if (segment.spent && reading.damaged.length === 0) return segment.remove();
    this.segments.add(segment);
    this.told.log.info('a spool segment that nobody owned was adopted', { records: segment.left });
    if (reading.damaged.length > 0) this.damaged(path, reading.damaged.length);
  }

  /** What of a segment waits and can be read; one that the disk does not give us has to wait, and lets others pass. */
  private async waitingIn(segment: Segment): Promise<readonly WaitingEvent[]> {
    try {
      const { found, missing } = await segment.unsettled();
      if (missing > 0) this.damaged(segment.path, missing);
      return found.flatMap((record) => this.opened(segment, record));
    } catch (error) {
      if (isGone(error)) return this.lost(segment);
      this.segments.rest(segment, UNREADABLE_MS);
      this.told.log.error('a spool segment could not be read, and is tried again in a minute', error);
      return [];
    }
  }

  /** Its file was removed; one that is spent we have removed ourselves. */
  private lost(segment: Segment): readonly WaitingEvent[] {
    this.segments.drop(segment);
    if (segment.left > 0) this.damaged(segment.path, segment.left);
    return [];
  }

  private opened(segment: Segment, { at, payload, cameAt }: WaitingRecord): readonly WaitingEvent[] {
    try {
      const event = this.records.read(payload, cameAt);
      return [
        {
          event,
          done: () => this.segments.tick({ segment, at }),
          later: () => this.segments.rest(segment, PAUSE_MS),
        },
      ];
    } catch (error) {
      segment.passOver(at);
      this.told.metrics.spoolDamaged.inc();
      this.told.log.error('a spooled event cannot be opened, and stays on the disk', error);
      return [];
    }
  }

  private damaged(path: string, times: number): void {
    this.told.metrics.spoolDamaged.inc(times);
    this.told.log.error('a spool segment is damaged: what can be read of it is applied', undefined, {
      path,
      times,
    });
  }
}

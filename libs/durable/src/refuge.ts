import { Injectable } from '@nestjs/common';
import { Log, Metrics } from '#libs/platform';

import type { WaitingEvent } from './spool/spool-reader.js';
import { Spool, type Ticket } from './spool/spool.js';
import { within } from './within.js';
import type { InboxEvent } from './webhook-events.js';

/** How long a webhook waits for the disk, in milliseconds. */
const DISK_WITHIN_MS = 250;
/** About 30 MB of events. */
const MOST_HELD = 10_000;
const HELD_AT_ONCE = 500;

/** Where events go that PostgreSQL did not take in time: to the disk, or, as the last resort, to our memory. */
@Injectable()
export class Refuge {
  private readonly held = new Set<WaitingEvent>();

  constructor(
    private readonly spool: Spool,
    private readonly log: Log,
    private readonly metrics: Metrics,
  ) {}

  /** Writes an event to the disk; null when that fails, or takes too long. */
  async write(event: InboxEvent, because: 'away' | 'late' | 'on-purpose'): Promise<Ticket | null> {
    const written = await within(this.spool.append(event), DISK_WITHIN_MS).catch(() => 'late' as const);
    if (written === 'late') return null;
    this.metrics.spooledEvents.inc({ kind: event.kind, because });
    return written;
  }

  /** Holds an event in memory; it is lost, and counted, when there is no more room or the process ends. */
  hold(event: InboxEvent): void {
    if (this.held.size >= MOST_HELD) {
      this.metrics.lostEvents.inc({ kind: event.kind });
      this.log.error('an event is lost: nothing takes it, and there is no room left', undefined, {
        kind: event.kind,
        sid: event.sid,
      });
      return;
    }
    const cameAt = performance.now();
    const holding: WaitingEvent = {
      event: () => ({ ...event, ageMs: (event.ageMs ?? 0) + performance.now() - cameAt }),
      done: () => this.held.delete(holding),
    };
    this.held.add(holding);
  }

  /** Some of what waits; none when nothing does. */
  async next(): Promise<readonly WaitingEvent[]> {
    return [...[...this.held].slice(0, HELD_AT_ONCE), ...(await this.spool.next())];
  }
}

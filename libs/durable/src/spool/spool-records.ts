import { Sealer } from '#libs/platform';

import type { InboxEvent } from '../inbox/webhook-events.js';
import { framed } from './frames.js';
import type { NewRecord } from './segment.js';

const PURPOSE = 'spool';

/** What a record says. */
interface Written {
  readonly event: InboxEvent;
  /** When it was written down, by this host's clock, as `Date.now()` gives it. */
  readonly cameAt: number;
}

/** How events are written down, sealed, and read back. */
export class SpoolRecords {
  constructor(private readonly sealer: Sealer) {}

  of(event: InboxEvent): NewRecord {
    const written: Written = { event, cameAt: Date.now() };
    const bytes = framed(Buffer.from(this.sealer.seal(JSON.stringify(written), PURPOSE)));
    return { bytes, cameAt: performance.now() };
  }

  /**
   * What gives the event of a record, each time as old as it is then.
   * @param cameAt when it came, as `performance.now()` counts, where this process wrote it; null otherwise: then the
   *   host's clock tells, which may have been set meanwhile
   * @throws when it was sealed with another key
   */
  read(payload: Buffer, cameAt: number | null): () => InboxEvent {
    const written = JSON.parse(this.sealer.open(payload.toString(), PURPOSE).toString('utf8')) as Written;
    const { event } = written;
    const waitedMs = (): number =>
      cameAt === null ? Math.max(0, Date.now() - written.cameAt) : performance.now() - cameAt;
    return () => ({ ...event, ageMs: (event.ageMs ?? 0) + waitedMs() });
  }
}

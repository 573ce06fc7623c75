import { Injectable } from '@nestjs/common';
import { Db, Log, Metrics } from '#libs/platform';

import { EventKeeper, type Applier, type Kept } from './event-keeper.js';
import { Refuge } from './refuge.js';
import type { Ticket } from './spool/spool.js';
import { within } from './within.js';
import type { InboxEvent } from './webhook-events.js';

/**
 * What became of it. `spooled`: it is on this host's disk, and will be applied; `held`: only our memory has it;
 * `lost`: nothing keeps it, so it must not be answered as if.
 */
export type Acceptance =
  | { readonly verdict: 'kept' | 'duplicate' | 'spooled' | 'held'; readonly answer: string }
  | { readonly verdict: 'foreign' | 'lost' };

/** How long a webhook waits for PostgreSQL before it takes the other road, in milliseconds. */
const DATABASE_WITHIN_MS = 200;
/** One event in so many is written to the spool on purpose, so that this road never rots. */
const ON_PURPOSE_EVERY = 100;

/** Accepts every webhook event: in PostgreSQL within 200 ms, or else in the spool, from which it is applied later. */
@Injectable()
export class Inbox {
  private accepted = 0;
  private inHand = 0;

  constructor(
    private readonly db: Db,
    private readonly keeper: EventKeeper,
    private readonly refuge: Refuge,
    private readonly log: Log,
    private readonly metrics: Metrics,
  ) {}

  /** How many webhooks wait for us right now. */
  get live(): number {
    return this.inHand;
  }

  /** Says who applies a kind of event: the one module that owns it. */
  on(kind: string, applier: Applier): void {
    this.keeper.on(kind, applier);
  }

  /**
   * Accepts one event, and says what to answer.
   * @param mustBeKept for what Twilio can be told to bring again: never answered on the strength of our memory alone,
   *   and `lost` when neither PostgreSQL, within 4 s, nor the disk takes it
   */
  async accept(event: InboxEvent, mustBeKept = false): Promise<Acceptance> {
    this.inHand += 1;
    this.accepted += 1;
    try {
      const onPurpose = this.accepted % ON_PURPOSE_EVERY === 0;
      const ticket = onPurpose ? await this.refuge.write(event, 'on-purpose') : null;
      const keeping = this.keeper.keep(event);
      const kept = await within(keeping, DATABASE_WITHIN_MS);
      if (kept === 'late') this.db.waitedInVain();
      if (kept !== 'late' && kept.verdict !== 'away') {
        ticket?.done();
        return kept;
      }
      return await this.without(event, keeping, { ticket, late: kept === 'late', mustBeKept });
    } finally {
      this.inHand -= 1;
    }
  }

  /** PostgreSQL is away, or too slow for a caller. */
  private async without(
    event: InboxEvent,
    keeping: Promise<Kept>,
    how: { readonly ticket: Ticket | null; readonly late: boolean; readonly mustBeKept: boolean },
  ): Promise<Acceptance> {
    const ticket = how.ticket ?? (await this.refuge.write(event, how.late ? 'late' : 'away'));
    if (ticket !== null) {
      void keeping.then(({ verdict }) => (verdict === 'kept' || verdict === 'duplicate') && ticket.done());
      return { verdict: 'spooled', answer: event.answer };
    }
    if (how.mustBeKept) return this.waitFor(event, keeping);
    this.refuge.hold(event);
    return { verdict: 'held', answer: event.answer };
  }

  private async waitFor(event: InboxEvent, keeping: Promise<Kept>): Promise<Acceptance> {
    const kept = await keeping;
    if (kept.verdict !== 'away') return kept;
    this.metrics.lostEvents.inc({ kind: event.kind });
    this.log.warn('an event was refused: neither the database nor the disk takes it', {
      kind: event.kind,
      sid: event.sid,
    });
    return { verdict: 'lost' };
  }
}

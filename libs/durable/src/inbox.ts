import { Injectable } from '@nestjs/common';
import { Db, Log, Metrics, pause, within } from '#libs/platform';

import { EventKeeper, type Applier, type Kept } from './event-keeper.js';
import { Refuge } from './refuge.js';
import type { Ticket } from './spool/spool.js';
import type { InboxEvent } from './webhook-events.js';

/**
 * What became of it. `spooled`: it is on this host's disk, and will be applied; `remembered`: only our memory has it;
 * `lost`: nothing keeps it, so it must not be answered as if.
 */
export type Acceptance =
  | { readonly verdict: 'kept' | 'duplicate' | 'spooled' | 'remembered'; readonly answer: string }
  | { readonly verdict: 'foreign' | 'lost' };

/** How long a webhook waits for PostgreSQL before it takes the other road, in milliseconds. */
const DATABASE_WITHIN_MS = 200;
/** And how long in all for what Twilio can bring again: it waits 15 s for an answer. */
const AT_MOST_MS = 10_000;
/** Nobody hears the answer to a status, nor, but a hang-up, that to an ended dial: better late than only in memory. */
const UNHEARD_WITHIN_MS = 4_000;
const isHeardByNobody = ({ kind }: InboxEvent): boolean => kind.endsWith('.status') || kind === 'call.dial';
/** A text that neither takes is offered to both again for so long: one of them may only be slow. */
const OFFER_FOR_MS = 3_000;
const OFFER_EVERY_MS = 500;
/** One event in so many is written to the spool on purpose and applied as the disk gives it back, so that this road never rots. */
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
   *   and `lost` when neither the disk nor, within 10 s, PostgreSQL is known to have it
   */
  async accept(event: InboxEvent, mustBeKept = false): Promise<Acceptance> {
    this.inHand += 1;
    this.accepted += 1;
    const onPurpose = this.accepted % ON_PURPOSE_EVERY === 0;
    try {
      return await this.take(event, { onPurpose, mustBeKept });
    } finally {
      this.inHand -= 1;
    }
  }

  private async take(
    event: InboxEvent,
    { onPurpose, mustBeKept }: { readonly onPurpose: boolean; readonly mustBeKept: boolean },
  ): Promise<Acceptance> {
    const { read, ticket } = onPurpose ? await this.refuge.detour(event) : { read: event, ticket: null };
    const keeping = this.keeper.keep(read);
    const kept = await within(keeping, DATABASE_WITHIN_MS);
    if (kept === 'late') this.db.waitedInVain();
    else if (kept.verdict !== 'away') {
      ticket?.done();
      return kept;
    }
    return this.without(event, keeping, { ticket, late: kept === 'late', mustBeKept });
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
    const kept = isHeardByNobody(event) ? await within(keeping, UNHEARD_WITHIN_MS) : 'late';
    if (kept !== 'late' && kept.verdict !== 'away') return kept;
    this.refuge.remember(event);
    return { verdict: 'remembered', answer: event.answer };
  }

  private async waitFor(event: InboxEvent, keeping: Promise<Kept>): Promise<Acceptance> {
    const cameAt = performance.now();
    const waited = (): number => performance.now() - cameAt;
    let kept = await within(keeping, AT_MOST_MS);
    while (kept !== 'late' && kept.verdict === 'away' && waited() < OFFER_FOR_MS) {
      await pause(OFFER_EVERY_MS);
      if ((await this.refuge.write(event, 'away')) !== null)
        return { verdict: 'spooled', answer: event.answer };
      kept = await within(this.keeper.keep(event), AT_MOST_MS - waited());
    }
    if (kept !== 'late' && kept.verdict !== 'away') return kept;
    this.metrics.lostEvents.inc({ kind: event.kind });
    this.log.warn('an event was refused: neither the database nor the disk is known to have it', {
      kind: event.kind,
      sid: event.sid,
    });
    return { verdict: 'lost' };
  }
}

import { Injectable } from '@nestjs/common';
import { Db, Log, Metrics, pause, Unavailable, within } from '#libs/platform';

import {
  DATABASE_WITHIN_MS,
  LAST_RESORTS,
  OFFER_EVERY_MS,
  type Untaken,
  type Waits,
} from './acceptance.domain.js';
import { EventKeeper, type Applier, type Kept } from './event-keeper.js';
import { Refuge } from './refuge.js';
import type { Ticket } from '../spool/spool-writer.js';
import type { InboxEvent } from './webhook-events.js';

/**
 * What became of it. `spooled`: it is on this host's disk, and will be applied; `remembered`: only our memory has it;
 * `lost`: nothing keeps it, so it must not be answered as if.
 */
export type Acceptance =
  | { readonly verdict: 'kept' | 'duplicate' | 'spooled' | 'remembered'; readonly answer: string }
  | { readonly verdict: 'foreign' }
  | { readonly verdict: 'lost' };

/** One event in so many is written to the spool on purpose and applied as the disk gives it back, so that this road never rots. */
const ON_PURPOSE_EVERY = 100;

type Certain = Exclude<Kept, { readonly verdict: 'away' }>;
const isCertain = (kept: Kept | 'late'): kept is Certain => kept !== 'late' && kept.verdict !== 'away';

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
   * @param waits who waits for that: only what `must-be-kept` is ever `lost`
   */
  async accept(event: InboxEvent, waits: Waits): Promise<Acceptance> {
    this.inHand += 1;
    this.accepted += 1;
    const onPurpose = this.accepted % ON_PURPOSE_EVERY === 0;
    try {
      return await this.take(event, { onPurpose, waits });
    } finally {
      this.inHand -= 1;
    }
  }

  /** Keeps what was found in Twilio's lists. @throws Unavailable when neither the database nor the disk takes it */
  async keep(event: InboxEvent): Promise<void> {
    const { verdict } = await this.accept(event, 'must-be-kept');
    if (verdict === 'lost')
      throw new Unavailable('database-unavailable', 'What was missed cannot be kept now.');
  }

  private async take(
    event: InboxEvent,
    { onPurpose, waits }: { readonly onPurpose: boolean; readonly waits: Waits },
  ): Promise<Acceptance> {
    const { read, ticket } = onPurpose ? await this.refuge.detour(event) : { read: event, ticket: null };
    const keeping = this.keeper.keep(read);
    const kept = await within(keeping, DATABASE_WITHIN_MS);
    if (kept === 'late') this.db.waitedInVain();
    else if (kept.verdict !== 'away') {
      ticket?.done();
      return kept;
    }
    return this.without(event, keeping, { ticket, late: kept === 'late', waits });
  }

  /** PostgreSQL is away, or too slow for a caller. */
  private async without(
    event: InboxEvent,
    keeping: Promise<Kept>,
    how: { readonly ticket: Ticket | null; readonly late: boolean; readonly waits: Waits },
  ): Promise<Acceptance> {
    const ticket = how.ticket ?? (await this.refuge.write(event, how.late ? 'late' : 'away'));
    if (typeof ticket === 'string')
      return this.lastResort(event, keeping, { untaken: ticket, waits: how.waits });
    void keeping.then(({ verdict }) => (verdict === 'kept' || verdict === 'duplicate') && ticket.done());
    return { verdict: 'spooled', answer: event.answer };
  }

  /** The disk does not take it either. */
  private async lastResort(
    event: InboxEvent,
    keeping: Promise<Kept>,
    { untaken: first, waits }: { readonly untaken: Untaken; readonly waits: Waits },
  ): Promise<Acceptance> {
    const { databaseMs, offerForMs, mayBeRemembered } = LAST_RESORTS[waits];
    const cameAt = performance.now();
    const waited = (): number => performance.now() - cameAt;
    let untaken = first;
    let kept = databaseMs === 0 ? 'late' : await within(keeping, databaseMs);
    while (kept !== 'late' && kept.verdict === 'away' && waited() < offerForMs[untaken]) {
      await pause(OFFER_EVERY_MS);
      const ticket = await this.refuge.write(event, 'away');
      if (typeof ticket !== 'string') return { verdict: 'spooled', answer: event.answer };
      untaken = ticket;
      kept = await within(this.keeper.keep(event), databaseMs - waited());
    }
    if (isCertain(kept)) return kept;
    return mayBeRemembered ? this.remembered(event) : this.refused(event);
  }

  private remembered(event: InboxEvent): Acceptance {
    this.refuge.remember(event);
    return { verdict: 'remembered', answer: event.answer };
  }

  private refused({ kind, sid }: InboxEvent): Acceptance {
    this.metrics.lostEvents.inc({ kind });
    this.log.warn('an event was refused: neither the database nor the disk is known to have it', {
      kind,
      sid,
    });
    return { verdict: 'lost' };
  }
}

import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Db, inContext, newId, pause, STOP_MS, within } from '#libs/platform';

import { batchesOf, mayDrain } from './backlog.domain.js';
import { EventKeeper, type Kept, NOT_YOURS } from './event-keeper.js';
import { Inbox } from './inbox.js';
import { JobRunner } from '../jobs/job-runner.js';
import { isHopeless, triedAgain, type Tries } from './patience.domain.js';
import { Refuge } from './refuge.js';
import type { WaitingEvent } from '../spool/spool-reader.js';
import type { InboxEvent } from './webhook-events.js';

const EVERY_MS = 250;
/** So many events of a tenant go in one transaction: what it costs is shared, and no row is held for long. */
const BATCH = 8;
/**
 * One batch at a time takes 6,000 events in half a minute beside 100 webhooks/s; more would slow those. One that is held
 * up for so long, in milliseconds, is left to itself, and the next goes on beside it.
 */
const HELD_UP_MS = 500;
const MOST_BESIDE = 1;
/** Live webhooks and jobs go first: with more of them in hand than this, spooled events wait, but not for ever. */
const LIVE_AT_EASE = 2;
const JOBS_AT_EASE = 4;
const YIELD_MS = 5;
const MOST_YIELDS = 8;

/** Brings what waits in the spool into the database, by the very function that webhooks take. */
@Injectable()
export class Drain implements BeforeApplicationShutdown {
  private draining: Promise<void> | undefined;
  private stopping = false;
  private readonly tries = new Map<string, Tries>();

  constructor(
    private readonly db: Db,
    private readonly inbox: Inbox,
    private readonly keeper: EventKeeper,
    private readonly refuge: Refuge,
    private readonly jobs: JobRunner,
  ) {}

  @Interval(EVERY_MS)
  look(): void {
    if (this.mustStop || !mayDrain(this.db)) return;
    this.draining ??= this.drain().finally(() => (this.draining = undefined));
  }

  /** What is in hand then stays where it is, and is taken again: a repeated event changes nothing. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    if (this.draining !== undefined) await within(this.draining, STOP_MS.drain);
  }

  private async drain(): Promise<void> {
    for (;;) {
      const waiting = await this.refuge.next();
      if (waiting.length === 0) return;
      await this.takeAll(waiting);
      if (this.mustStop) return;
    }
  }

  private get mustStop(): boolean {
    return this.stopping || this.db.away;
  }

  private async takeAll(waiting: readonly WaitingEvent[]): Promise<void> {
    const underWay = new Set<Promise<void>>();
    for (const batch of batchesOf(waiting, (one) => one.event().tenantId, BATCH)) {
      await this.giveWay();
      if (this.mustStop) break;
      const taking = inContext({ requestId: newId(), lane: 'jobs' }, () => this.take(batch));
      underWay.add(taking);
      void taking.finally(() => underWay.delete(taking));
      await within(taking, HELD_UP_MS);
      if (underWay.size > MOST_BESIDE) await Promise.race(underWay);
    }
    await Promise.all(underWay);
  }

  private async giveWay(): Promise<void> {
    for (let yields = 0; this.othersAreBusy && yields < MOST_YIELDS; yields += 1) await pause(YIELD_MS);
  }

  private get othersAreBusy(): boolean {
    return this.inbox.live > LIVE_AT_EASE || this.jobs.inHand > JOBS_AT_EASE;
  }

  private async take(batch: readonly WaitingEvent[]): Promise<void> {
    const events = batch.map((waiting) => waiting.event());
    const kept = await this.keeper.keepTogether(events);
    for (const [index, { verdict, event }] of kept.entries()) {
      const waiting = batch[index];
      if (waiting !== undefined) await this.end(waiting, event, verdict);
    }
  }

  private async end(waiting: WaitingEvent, event: InboxEvent, verdict: Kept['verdict']): Promise<void> {
    if (verdict === 'away') return this.triedInVain(event, waiting);
    if (verdict === 'foreign') await this.keeper.record(event, 'dropped', NOT_YOURS);
    this.tries.delete(event.key);
    this.refuge.settled(waiting, verdict);
  }

  /** It waits a moment, and the others go on; only where those pass and it does not, it is given up. */
  private async triedInVain(event: InboxEvent, waiting: WaitingEvent): Promise<void> {
    if (this.db.away) return;
    waiting.later();
    const tries = triedAgain(this.tries.get(event.key), this.keeper.keptSoFar, performance.now());
    this.tries.set(event.key, tries);
    if (!isHopeless(tries, performance.now())) return;
    const why = `the database took others, ${tries.count} times, and not this one`;
    const { verdict } = await this.keeper.giveUp(event, why);
    if (verdict === 'away') return;
    this.tries.delete(event.key);
    waiting.done();
  }
}

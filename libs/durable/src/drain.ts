import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Db, inContext, Metrics, newId } from '#libs/platform';

import { EventKeeper } from './event-keeper.js';
import { Inbox } from './inbox.js';
import { Refuge } from './refuge.js';
import type { WaitingEvent } from './spool/spool-reader.js';
import type { InboxEvent } from './webhook-events.js';

const EVERY_MS = 250;
const AT_ONCE = 4;
/** Live webhooks go first: with more of them in hand than this, a spooled event waits, but not for ever. */
const LIVE_AT_EASE = 2;
const YIELD_MS = 5;
const MOST_YIELDS = 8;
/** An event that fails so often while others pass is not held up by an outage: it is kept as failed. */
const MOST_TRIES = 5;

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Brings what waits in the spool into the database, by the very function that webhooks take. */
@Injectable()
export class Drain implements BeforeApplicationShutdown {
  private draining: Promise<void> | undefined;
  private stopping = false;
  private readonly tries = new Map<string, number>();

  constructor(
    private readonly db: Db,
    private readonly inbox: Inbox,
    private readonly keeper: EventKeeper,
    private readonly refuge: Refuge,
    private readonly metrics: Metrics,
  ) {}

  @Interval(EVERY_MS)
  look(): void {
    if (this.stopping || this.db.away) return;
    this.draining ??= this.drain().finally(() => (this.draining = undefined));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    await this.draining;
  }

  private async drain(): Promise<void> {
    for (;;) {
      const waiting = await this.refuge.next();
      if (waiting.length === 0 || !(await this.takeAll(waiting))) return;
    }
  }

  /** Whether all went well, and there may be more. */
  private async takeAll(waiting: readonly WaitingEvent[]): Promise<boolean> {
    const left = waiting.values();
    const ends = await Promise.all(Array.from({ length: AT_ONCE }, () => this.takeInTurn(left)));
    return ends.every((well) => well);
  }

  private async takeInTurn(left: Iterator<WaitingEvent>): Promise<boolean> {
    for (let next = left.next(); next.done !== true; next = left.next()) {
      if (this.stopping || this.db.away) return false;
      await this.giveWay();
      const { value } = next;
      const taken = await inContext({ requestId: newId(), lane: 'jobs' }, () => this.take(value));
      if (!taken) return false;
    }
    return true;
  }

  private async giveWay(): Promise<void> {
    for (let yields = 0; this.inbox.live > LIVE_AT_EASE && yields < MOST_YIELDS; yields += 1)
      await pause(YIELD_MS);
  }

  private async take(spooled: WaitingEvent): Promise<boolean> {
    const event = spooled.event();
    const { verdict } = await this.keeper.keep(event);
    if (verdict === 'away') return this.triedInVain(event, spooled);
    if (verdict === 'foreign')
      await this.keeper.record(event, 'dropped', 'about a call or message of somebody else');
    this.tries.delete(event.key);
    this.metrics.drainedEvents.inc({ verdict });
    spooled.done();
    return true;
  }

  private async triedInVain(event: InboxEvent, { done }: WaitingEvent): Promise<boolean> {
    if (this.db.away) return false;
    const tries = (this.tries.get(event.key) ?? 0) + 1;
    this.tries.set(event.key, tries);
    if (tries < MOST_TRIES) return false;
    const { verdict } = await this.keeper.record(event, 'failed', 'the database gave up on it five times');
    if (verdict === 'away') return false;
    this.tries.delete(event.key);
    done();
    return true;
  }
}

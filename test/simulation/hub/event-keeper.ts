import type { InboxEvent } from '../../../libs/durable/src/inbox/webhook-events.js';
import type { Host, Work } from '../host.js';
import { Outage, type Tx } from '../store.js';
import { MINUTE, SECOND } from '../world.js';
import { ableHost, type Ground } from './ground.js';

/** The event is about a call or a message of somebody else. */
export class Foreign extends Error {}

export type Applier = (tx: Tx, event: InboxEvent) => void;
export type Kept = 'kept' | 'duplicate' | 'foreign' | 'away';

/** Keeps an event once, and applies it in the same transaction: for webhooks, the spool and imports. */
export class EventKeeper {
  private readonly ground: Ground;
  private readonly appliers = new Map<string, Applier>();
  private readonly poisoned = new Set<string>();

  constructor(ground: Ground) {
    this.ground = ground;
  }

  on(kind: string, applier: Applier): void {
    this.appliers.set(kind, applier);
  }

  /** How many events this process has kept: while it grows, the store takes events. */
  keptBy(host: Host): number {
    return (host.memory.get('kept') as number | undefined) ?? 0;
  }

  *keep(host: Host, event: InboxEvent): Work<Kept> {
    try {
      if (this.isPoisoned(event)) throw new Outage('poison');
      const kept = yield* this.ground.store.transaction(host, (tx) => this.keepApplied(tx, event));
      host.memory.set('kept', this.keptBy(host) + 1);
      return kept;
    } catch (error) {
      if (error instanceof Foreign) return 'foreign';
      if (error instanceof Outage) return 'away';
      throw error;
    }
  }

  /** Keeps an event without applying it; whether that was so. */
  *record(host: Host, event: InboxEvent, verdict: 'dropped' | 'failed'): Work<boolean> {
    try {
      yield* this.ground.store.transaction(host, (tx) => {
        if (tx.get('events', event.key) === undefined)
          tx.set('events', event.key, { event, verdict, order: tx.tables.events.size });
      });
      return true;
    } catch (error) {
      if (error instanceof Outage) return false;
      throw error;
    }
  }

  /** What is kept as failed is looked at by a person, whatever becomes of whoever gave it up. */
  committed({ changes, now }: Tx): void {
    for (const { table, after } of changes)
      if (table === 'events' && after?.verdict === 'failed') this.replayLater(after.event, now);
  }

  private keepApplied(tx: Tx, event: InboxEvent): Kept {
    if (tx.get('events', event.key) !== undefined) {
      this.ground.world.sometimes('an event came twice');
      return 'duplicate';
    }
    tx.set('events', event.key, { event, verdict: 'applied', order: tx.tables.events.size });
    this.apply(tx, event);
    return 'kept';
  }

  private apply(tx: Tx, event: InboxEvent): void {
    const applier = this.appliers.get(event.kind);
    if (applier === undefined) throw new Error(`Nobody applies ${event.kind}`);
    applier(tx, event);
  }

  /** An event that the store does not take while it takes others, until it is given up, or whatever it is is mended. */
  private isPoisoned({ key }: InboxEvent): boolean {
    const { world } = this.ground;
    if (world.buggify('event-poisoned', 0.01)) this.poisoned.add(key);
    return this.poisoned.has(key) && !world.calm;
  }

  /** A person finds it among the dead letters, some time after the defect was mended. */
  private replayLater(event: InboxEvent, failedAt: number): void {
    const { world } = this.ground;
    this.poisoned.delete(event.key);
    world.schedule(world.random.between(MINUTE, 10 * MINUTE), `somebody replays ${event.key}`, () => {
      const host = ableHost(this.ground);
      if (host === undefined) return this.replayLater(event, failedAt);
      host.start(`replays ${event.key}`, this.replaying(host, event, failedAt));
      world.schedule(20 * SECOND, `somebody looks for ${event.key} again`, () => {
        if (this.isDead(event)) this.replayLater(event, failedAt);
      });
    });
  }

  private isDead({ key }: InboxEvent): boolean {
    return this.ground.store.tables.events.get(key)?.verdict === 'failed';
  }

  private *replaying(host: Host, event: InboxEvent, failedAt: number): Work {
    try {
      yield* this.ground.store.transaction(host, (tx) => {
        if (!this.isDead(event)) return;
        this.ground.world.sometimes('an event was given up, and replayed by a person');
        const aged = { ...event, ageMs: (event.ageMs ?? 0) + tx.now - failedAt };
        tx.set('events', event.key, { event: aged, verdict: 'applied', order: tx.tables.events.size });
        this.apply(tx, aged);
      });
    } catch (error) {
      if (!(error instanceof Outage)) throw error;
    }
  }
}

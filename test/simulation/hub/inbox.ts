import type { InboxEvent } from '../../../libs/durable/src/webhook-events.js';
import type { Written } from '../disk.js';
import type { Host, Work } from '../host.js';
import { Outage, type Tx } from '../store.js';
import { SECOND } from '../world.js';
import type { Ground } from './ground.js';
import { within } from './within.js';

/** The event is about a call or a message of somebody else. */
export class Foreign extends Error {}

export type Applier = (tx: Tx, event: InboxEvent) => void;

export type Verdict = 'kept' | 'duplicate' | 'spooled' | 'held' | 'foreign' | 'lost';
type Kept = 'kept' | 'duplicate' | 'foreign' | 'away';

const DATABASE_WITHIN_MS = 200;
const DISK_WITHIN_MS = 250;
/** One in a hundred there; here often enough to be seen. */
const ON_PURPOSE_EVERY = 20;

interface Held {
  readonly event: InboxEvent;
  readonly cameAt: number;
}

interface Memory {
  accepted: number;
  draining: boolean;
  held: Held[];
}

/** Accepts every event: in the store within 200 ms, or else on the host's disk, from which it is applied later. */
export class Inbox {
  private readonly ground: Ground;
  private readonly appliers = new Map<string, Applier>();

  constructor(ground: Ground) {
    this.ground = ground;
  }

  on(kind: string, applier: Applier): void {
    this.appliers.set(kind, applier);
  }

  /** @param mustBeKept never answered on the strength of memory alone */
  *accept(host: Host, event: InboxEvent, mustBeKept: boolean): Work<Verdict> {
    const memory = this.memory(host);
    memory.accepted += 1;
    const onPurpose = memory.accepted % ON_PURPOSE_EVERY === 0;
    const ticket = onPurpose ? yield* this.write(host, event) : null;
    this.ground.world.sometimes('an event was on purpose in the spool', ticket !== null);
    const raced = yield* within(this.keep(host, event), DATABASE_WITHIN_MS);
    if ('value' in raced && raced.value !== 'away') {
      if (ticket !== null) host.disk.tick(ticket);
      return raced.value;
    }
    const keeping = 'late' in raced ? raced.late : null;
    return yield* this.without(host, event, { ticket, keeping, mustBeKept });
  }

  /** What a new process finds on its disk. */
  boot(host: Host): void {
    this.ground.world.sometimes('the spool was read after a crash', host.disk.waiting().length > 0);
    this.drainSoon(host);
  }

  /** What only memory held is lost with the process. */
  crashed(host: Host): void {
    this.ground.world.sometimes('an event was only in memory, and lost', this.memory(host).held.length > 0);
  }

  /** Whether nothing waits on this host. */
  isEmpty(host: Host): boolean {
    return host.disk.waiting().length === 0 && this.memory(host).held.length === 0;
  }

  private memory(host: Host): Memory {
    const kept = host.memory.get('inbox') as Memory | undefined;
    const memory = kept ?? { accepted: 0, draining: false, held: [] };
    if (kept === undefined) host.memory.set('inbox', memory);
    return memory;
  }

  private *without(
    host: Host,
    event: InboxEvent,
    how: {
      readonly ticket: Written | null;
      readonly keeping: Work<Kept> | null;
      readonly mustBeKept: boolean;
    },
  ): Work<Verdict> {
    const { keeping, mustBeKept } = how;
    const ticket = how.ticket ?? (yield* this.write(host, event));
    if (ticket !== null) {
      this.ground.world.sometimes('the spool was used');
      if (keeping !== null)
        host.start(`goes on keeping ${event.key}`, this.tickWhenKept(host, keeping, ticket));
      this.drainSoon(host);
      return 'spooled';
    }
    if (mustBeKept) {
      const kept = keeping === null ? 'away' : yield* keeping;
      return kept === 'away' ? 'lost' : kept;
    }
    if (keeping !== null) host.start(`goes on keeping ${event.key}`, this.letKeep(keeping));
    this.memory(host).held.push({ event, cameAt: host.clock });
    this.drainSoon(host);
    return 'held';
  }

  private *tickWhenKept(host: Host, keeping: Work<Kept>, ticket: Written): Work {
    const kept = yield* keeping;
    if (kept === 'kept' || kept === 'duplicate') host.disk.tick(ticket);
  }

  private *letKeep(keeping: Work<Kept>): Work {
    yield* keeping;
  }

  /** Keeps an event once, and applies it in the same transaction. */
  private *keep(host: Host, event: InboxEvent): Work<Kept> {
    try {
      return yield* this.ground.store.transaction(host, (tx) => this.keepApplied(tx, event));
    } catch (error) {
      if (error instanceof Foreign) return 'foreign';
      if (error instanceof Outage) return 'away';
      throw error;
    }
  }

  private keepApplied(tx: Tx, event: InboxEvent): Kept {
    if (tx.get('events', event.key) !== undefined) {
      this.ground.world.sometimes('an event came twice');
      return 'duplicate';
    }
    tx.set('events', event.key, { event, verdict: 'applied', order: tx.tables.events.size });
    const applier = this.appliers.get(event.kind);
    if (applier === undefined) throw new Error(`Nobody applies ${event.kind}`);
    applier(tx, event);
    return 'kept';
  }

  /** On the disk when this ends; null when that fails, or takes too long. */
  private *write(host: Host, event: InboxEvent): Work<Written | null> {
    const raced = yield* within(this.append(host, event), DISK_WITHIN_MS);
    if ('value' in raced) return raced.value;
    host.start(`goes on writing ${event.key}`, this.lateAppend(host, raced.late));
    return null;
  }

  private *append(host: Host, event: InboxEvent): Work<Written | null> {
    const { world } = this.ground;
    if (world.buggify('disk-full')) return null;
    for (const fires of [undefined, 0.5]) {
      const written = host.disk.write({ event, cameAt: host.clock });
      yield world.buggify('disk-slow') ? world.random.between(260, 900) : world.random.between(1, 12);
      if (world.buggify('crash-while-writing')) yield* host.dies();
      if (world.buggify('fsync-fails', fires)) host.disk.abandon(written);
      else if (host.disk.sync(written)) return written;
    }
    return null;
  }

  private *lateAppend(host: Host, appending: Work<Written | null>): Work {
    yield* appending;
    this.drainSoon(host);
  }

  private drainSoon(host: Host): void {
    const memory = this.memory(host);
    if (memory.draining || this.isEmpty(host)) return;
    memory.draining = true;
    host.start('drains', this.draining(host, memory));
  }

  private *draining(host: Host, memory: Memory): Work {
    yield this.ground.world.random.between(10, 250);
    while (!this.isEmpty(host)) {
      yield this.ground.store.away ? SECOND : 5;
      if (!this.ground.store.away) yield* this.drainSome(host, memory);
    }
    memory.draining = false;
  }

  private *drainSome(host: Host, memory: Memory): Work {
    for (const held of memory.held) {
      const gone = (): void => void (memory.held = memory.held.filter((one) => one !== held));
      if (!(yield* this.take(host, held, gone))) return;
    }
    for (const spooled of host.disk.waiting())
      if (!(yield* this.take(host, spooled, () => host.disk.tick(spooled.at)))) return;
  }

  private *take(host: Host, { event: came, cameAt }: Held, done: () => void): Work<boolean> {
    const event = { ...came, ageMs: Math.max(0, host.clock - cameAt) };
    const kept = yield* this.keep(host, event);
    if (kept === 'away') return false;
    if (kept === 'foreign') yield* this.drop(host, event);
    if (this.ground.world.buggify('crash-before-drain-ticks')) yield* host.dies();
    done();
    return true;
  }

  private *drop(host: Host, event: InboxEvent): Work {
    try {
      yield* this.ground.store.transaction(host, (tx) => {
        if (tx.get('events', event.key) === undefined)
          tx.set('events', event.key, { event, verdict: 'dropped', order: tx.tables.events.size });
      });
    } catch (error) {
      if (!(error instanceof Outage)) throw error;
    }
  }
}

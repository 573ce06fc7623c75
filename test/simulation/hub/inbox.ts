import {
  DATABASE_WITHIN_MS,
  DETOUR_WITHIN_MS,
  LAST_RESORTS,
  OFFER_EVERY_MS,
  type Untaken,
  type Waits,
} from '../../../libs/durable/src/inbox/acceptance.domain.js';
import { silenceTellsAfterMs } from '../../../libs/durable/src/inbox/backlog.domain.js';
import type { InboxEvent } from '../../../libs/durable/src/inbox/webhook-events.js';
import type { Written } from '../disk.js';
import type { Host, Work } from '../host.js';
import type { Tx } from '../store.js';
import { Drain } from './drain.js';
import { EventKeeper, type Applier, type Kept } from './event-keeper.js';
import type { Ground } from './ground.js';
import { Refuge } from './refuge.js';
import { within, type Raced } from './within.js';

export type Verdict = 'kept' | 'duplicate' | 'spooled' | 'held' | 'foreign' | 'lost';

/** One in a hundred there; here often enough to be seen. */
const ON_PURPOSE_EVERY = 20;

/** What the store says of an event: its word, or the rest of the work that will end in one. */
type Keeping = Raced<Kept>;

const isCertain = (keeping: Keeping): keeping is { readonly value: Exclude<Kept, 'away'> } =>
  'value' in keeping && keeping.value !== 'away';

/** Accepts every event: in the store within 200 ms, or else on the host's disk, from which it is applied later. */
export class Inbox {
  private readonly ground: Ground;
  private readonly keeper: EventKeeper;
  private readonly refuge: Refuge;
  private readonly drain: Drain;

  constructor(ground: Ground) {
    this.ground = ground;
    this.keeper = new EventKeeper(ground);
    this.refuge = new Refuge(ground, (host) => this.drain.soon(host));
    this.drain = new Drain(ground, this.keeper, this.refuge);
  }

  on(kind: string, applier: Applier): void {
    this.keeper.on(kind, applier);
  }

  committed(tx: Tx): void {
    this.keeper.committed(tx);
  }

  *accept(host: Host, event: InboxEvent, waits: Waits): Work<Verdict> {
    const detour = this.isOnPurpose(host) ? yield* this.write(host, event, DETOUR_WITHIN_MS) : 'refused';
    const ticket = typeof detour === 'string' ? null : detour;
    this.ground.world.sometimes('an event was on purpose in the spool', ticket !== null);
    const keeping = yield* within(this.keeper.keep(host, event), DATABASE_WITHIN_MS);
    if (isCertain(keeping)) {
      if (ticket !== null) host.disk.tick(ticket);
      return keeping.value;
    }
    const written = ticket ?? (yield* this.write(host, event));
    if (typeof written === 'string')
      return yield* this.lastResort(host, event, { keeping, untaken: written, waits });
    return this.spooled(host, event, { keeping, written });
  }

  /** What a new process finds on its disk. */
  boot(host: Host): void {
    this.ground.world.sometimes('the spool was read after a crash', host.disk.waiting().length > 0);
    this.drain.soon(host);
  }

  /** How long a call has to be silent before that tells something to this host. */
  silenceTellsAfterMs(host: Host, ageMs: number): number {
    const { store } = this.ground;
    const isHere = !this.refuge.isEmpty(host);
    const waiting = { isHere, backForMs: store.backForMs(host), awayForMs: store.awayForMs };
    return silenceTellsAfterMs(waiting, ageMs);
  }

  /** What only memory held is lost with the process. */
  crashed(host: Host): void {
    this.ground.world.sometimes('an event was only in memory, and lost', this.refuge.held(host).length > 0);
  }

  private isOnPurpose({ memory }: Host): boolean {
    const accepted = ((memory.get('accepted') as number | undefined) ?? 0) + 1;
    memory.set('accepted', accepted);
    return accepted % ON_PURPOSE_EVERY === 0;
  }

  private *write(host: Host, event: InboxEvent, withinMs?: number): Work<Written | Untaken> {
    return yield* this.refuge.write(host, { event, cameAt: host.clock }, withinMs);
  }

  private spooled(
    host: Host,
    event: InboxEvent,
    { keeping, written }: { readonly keeping: Keeping; readonly written: Written },
  ): Verdict {
    this.ground.world.sometimes('the spool was used');
    if ('late' in keeping)
      host.start(`goes on keeping ${event.key}`, this.tickWhenKept(host, keeping.late, written));
    this.drain.soon(host);
    return 'spooled';
  }

  /** The disk does not take it either. */
  private *lastResort(
    host: Host,
    event: InboxEvent,
    how: { readonly keeping: Keeping; readonly untaken: Untaken; readonly waits: Waits },
  ): Work<Verdict> {
    const { databaseMs, offerForMs, mayBeRemembered } = LAST_RESORTS[how.waits];
    const { world } = this.ground;
    const what = how.waits === 'nobody' ? 'what nobody hears' : 'a text';
    const cameAt = world.now;
    let { keeping, untaken } = how;
    if (databaseMs > 0 && 'late' in keeping) keeping = yield* within(keeping.late, databaseMs);
    while ('value' in keeping && keeping.value === 'away' && world.now - cameAt < offerForMs[untaken]) {
      yield OFFER_EVERY_MS;
      const written = yield* this.write(host, event);
      const isWritten = typeof written !== 'string';
      world.sometimes(`${what} was offered again, and the disk took it`, isWritten);
      if (isWritten) return this.spooled(host, event, { keeping, written });
      untaken = written;
      keeping = yield* within(this.keeper.keep(host, event), databaseMs - (world.now - cameAt));
      world.sometimes(`${what} was offered again, and the database took it`, isCertain(keeping));
    }
    const waitedFor = how.waits === 'nobody' && isCertain(keeping);
    world.sometimes('what nobody hears waited for the database', waitedFor);
    if (isCertain(keeping)) return keeping.value;
    if ('late' in keeping) host.start(`goes on keeping ${event.key}`, this.letKeep(keeping.late));
    return mayBeRemembered ? this.held(host, event) : 'lost';
  }

  private held(host: Host, event: InboxEvent): Verdict {
    this.refuge.remember(host, { event, cameAt: host.clock });
    this.drain.soon(host);
    return 'held';
  }

  private *tickWhenKept(host: Host, keeping: Work<Kept>, ticket: Written): Work {
    const kept = yield* keeping;
    if (kept === 'kept' || kept === 'duplicate') host.disk.tick(ticket);
  }

  private *letKeep(keeping: Work<Kept>): Work {
    yield* keeping;
  }
}

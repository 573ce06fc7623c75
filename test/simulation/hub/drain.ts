import { isHopeless, triedAgain, type Tries } from '../../../libs/durable/src/inbox/patience.domain.js';
import type { Host, Work } from '../host.js';
import { SECOND } from '../world.js';
import type { EventKeeper } from './event-keeper.js';
import type { Ground } from './ground.js';
import type { Held, Refuge } from './refuge.js';

const EVERY_MS = 250;

/** Brings what waits on a host into the store, by the very function that webhooks take. */
export class Drain {
  private readonly ground: Ground;
  private readonly keeper: EventKeeper;
  private readonly refuge: Refuge;

  constructor(ground: Ground, keeper: EventKeeper, refuge: Refuge) {
    this.ground = ground;
    this.keeper = keeper;
    this.refuge = refuge;
  }

  soon(host: Host): void {
    if (host.memory.has('draining') || this.refuge.isEmpty(host)) return;
    host.memory.set('draining', true);
    host.start('drains', this.draining(host));
  }

  private *draining(host: Host): Work {
    yield this.ground.world.random.between(10, EVERY_MS);
    while (!this.refuge.isEmpty(host)) {
      const tookAll = !this.ground.store.away && (yield* this.takeAll(host));
      if (!tookAll) yield* this.refuge.save(host);
      yield tookAll ? 5 : SECOND;
    }
    host.memory.delete('draining');
  }

  /** Whether nothing was left over. */
  private *takeAll(host: Host): Work<boolean> {
    let tookAll = true;
    for (const held of this.refuge.held(host))
      tookAll = (yield* this.take(host, held, () => this.refuge.forget(host, held))) && tookAll;
    for (const spooled of host.disk.waiting())
      tookAll = (yield* this.take(host, spooled, () => host.disk.tick(spooled.at))) && tookAll;
    return tookAll;
  }

  private *take(host: Host, { event: came, cameAt }: Held, done: () => void): Work<boolean> {
    if (this.ground.store.away) return false;
    const event = { ...came, ageMs: (came.ageMs ?? 0) + Math.max(0, host.clock - cameAt) };
    const kept = yield* this.keeper.keep(host, event);
    const isOver =
      kept === 'foreign'
        ? yield* this.keeper.record(host, event, 'dropped')
        : kept !== 'away' || (yield* this.inVain(host, event));
    if (!isOver) return false;
    if (this.ground.world.buggify('crash-before-drain-ticks')) yield* host.dies();
    this.triesOf(host).delete(event.key);
    done();
    return true;
  }

  /** The others go on; only where those pass and it does not, it is given up. Whether it was. */
  private *inVain(host: Host, event: Held['event']): Work<boolean> {
    if (this.ground.store.away) return false;
    const tries = triedAgain(
      this.triesOf(host).get(event.key),
      this.keeper.keptBy(host),
      this.ground.world.now,
    );
    this.triesOf(host).set(event.key, tries);
    return isHopeless(tries, this.ground.world.now) && (yield* this.keeper.record(host, event, 'failed'));
  }

  private triesOf(host: Host): Map<string, Tries> {
    const tries = (host.memory.get('tries') as Map<string, Tries> | undefined) ?? new Map<string, Tries>();
    host.memory.set('tries', tries);
    return tries;
  }
}

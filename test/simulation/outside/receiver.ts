import type { Host, Work } from '../host.js';
import type { Delivery } from '../rows.js';
import { SECOND, type World } from '../world.js';

/** AS-Call-Service: takes an event by its id, any number of times; fails, and loses answers. */
export class Receiver {
  /** What was taken for the first time, in order. */
  readonly taken: Delivery[] = [];
  private readonly world: World;
  private readonly told: (delivery: Delivery) => void;

  constructor(world: World, told: (delivery: Delivery) => void) {
    this.world = world;
    this.told = told;
  }

  /** Whether it said that it took it. */
  *tell(host: Host, delivery: Delivery): Work<boolean> {
    yield this.world.random.between(5, 300);
    if (this.world.buggify('receiver-fails', 0.3)) return false;
    this.take(delivery);
    if (this.world.buggify('crash-after-request')) yield* host.dies();
    if (this.world.buggify('receiver-loses-answer', 0.2)) {
      yield 5 * SECOND;
      return false;
    }
    yield this.world.random.between(1, 30);
    return true;
  }

  private take(delivery: Delivery): void {
    const before = this.taken.some(({ eventId }) => eventId === delivery.eventId);
    this.world.sometimes('a delivery was told twice', before);
    if (!before) this.taken.push(delivery);
    this.told(delivery);
  }
}

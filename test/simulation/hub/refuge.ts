import { DISK_WITHIN_MS, type Untaken } from '../../../libs/durable/src/inbox/acceptance.domain.js';
import type { InboxEvent } from '../../../libs/durable/src/inbox/webhook-events.js';
import type { Written } from '../disk.js';
import type { Host, Work } from '../host.js';
import type { Ground } from './ground.js';
import { within } from './within.js';

/** An event that waits in memory; `cameAt` by the host's own clock. */
export interface Held {
  readonly event: InboxEvent;
  readonly cameAt: number;
}

/** Where events go that the store did not take in time: to the disk, or, as the last resort, to memory. */
export class Refuge {
  private readonly ground: Ground;

  private readonly wrote: (host: Host) => void;

  /** @param wrote hears of what came to the disk too late for whoever waited */
  constructor(ground: Ground, wrote: (host: Host) => void) {
    this.ground = ground;
    this.wrote = wrote;
  }

  /** On the disk when this ends, or else why not. */
  *write(host: Host, held: Held, withinMs = DISK_WITHIN_MS): Work<Written | Untaken> {
    const raced = yield* within(this.append(host, held), withinMs);
    if ('value' in raced) return raced.value ?? 'refused';
    host.start(`goes on writing ${held.event.key}`, this.lateAppend(host, raced.late));
    return 'late';
  }

  remember(host: Host, held: Held): void {
    host.memory.set('held', [...this.held(host), held]);
  }

  forget(host: Host, held: Held): void {
    host.memory.set(
      'held',
      this.held(host).filter((one) => one !== held),
    );
  }

  held(host: Host): readonly Held[] {
    return (host.memory.get('held') as readonly Held[] | undefined) ?? [];
  }

  isEmpty(host: Host): boolean {
    return host.disk.waiting().length === 0 && this.held(host).length === 0;
  }

  /** Brings to the disk what only memory has. */
  *save(host: Host): Work {
    for (const held of this.held(host)) {
      const written = yield* this.write(host, held);
      if (typeof written === 'string') return;
      this.ground.world.sometimes('what was only in memory came to the disk');
      this.forget(host, held);
    }
  }

  private *append(host: Host, record: Held): Work<Written | null> {
    const { world } = this.ground;
    if (world.buggify('disk-full')) return null;
    for (const fires of [undefined, 0.5]) {
      const written = host.disk.write(record);
      yield world.buggify('disk-slow') ? world.random.between(260, 900) : world.random.between(1, 12);
      if (world.buggify('crash-while-writing')) yield* host.dies();
      if (world.buggify('fsync-fails', fires)) host.disk.abandon(written);
      else if (host.disk.sync(written)) return written;
    }
    return null;
  }

  private *lateAppend(host: Host, appending: Work<Written | null>): Work {
    yield* appending;
    this.wrote(host);
  }
}

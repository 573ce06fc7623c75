import type { Waits } from '../../../libs/durable/src/inbox/acceptance.domain.js';
import type { InboxEvent } from '../../../libs/durable/src/inbox/webhook-events.js';
import type { Host, Work } from '../host.js';
import { ableHost, type Ground } from '../hub/ground.js';
import type { Inbox, Verdict } from '../hub/inbox.js';
import { MINUTE, SECOND } from '../world.js';

/** How a webhook is brought. */
export interface Post {
  readonly event: InboxEvent;
  readonly waits: Waits;
  readonly tries: number;
  /** What happens when no hub took it. */
  readonly lost?: () => void;
}

interface Line {
  readonly host: Host;
  readonly life: number;
  readonly post: Post;
}

/** Twilio's webhooks on their way to some host: lost, doubled, late, in any order, and brought again for a while. */
export class Network {
  private readonly ground: Ground;
  private readonly inbox: Inbox;
  private readonly acknowledged: (event: InboxEvent, verdict: Verdict) => void;
  private readonly lines = new Set<Line>();

  constructor(ground: Ground, inbox: Inbox, acknowledged: (event: InboxEvent, verdict: Verdict) => void) {
    this.ground = ground;
    this.inbox = inbox;
    this.acknowledged = acknowledged;
  }

  post(post: Post, afterMs = 0): void {
    const { world } = this.ground;
    if (world.buggify('webhook-lost', 0.15)) return post.lost?.();
    const copies = world.buggify('webhook-twice', 0.2) ? world.random.between(2, 4) : 1;
    for (let copy = 0; copy < copies; copy += 1) this.bring(post, afterMs + this.delay());
  }

  /** The connections to a host that died, or that has been silent for too long. */
  cut(host: Host, life: number): void {
    for (const line of this.lines) {
      if (line.host !== host || line.life !== life) continue;
      this.lines.delete(line);
      this.again(line.post);
    }
  }

  private delay(): number {
    const { world } = this.ground;
    const usual = world.random.between(5, 120);
    const latest = world.random.chance(0.2) ? 20 * MINUTE : 2 * MINUTE;
    if (world.buggify('webhook-late')) return usual + world.random.between(SECOND, latest);
    return world.buggify('webhook-out-of-order', 0.3) ? usual + world.random.between(0, 8 * SECOND) : usual;
  }

  private bring(post: Post, inMs: number): void {
    this.ground.world.schedule(inMs, `webhook ${post.event.key}`, () => this.arrive(post));
  }

  private arrive(post: Post): void {
    const host = ableHost(this.ground);
    if (host === undefined) return this.again(post);
    const line = { host, life: host.life, post };
    this.lines.add(line);
    host.start(`takes ${post.event.key}`, this.taking(host, line));
  }

  private *taking(host: Host, line: Line): Work {
    const { event, waits } = line.post;
    const verdict = yield* this.inbox.accept(host, event, waits);
    const isHeard = this.lines.delete(line);
    const isRefused = verdict === 'lost';
    this.ground.world.sometimes('an event was refused, and came again', isRefused);
    if (!isHeard) return;
    if (isRefused) this.again(line.post);
    else this.acknowledged(event, verdict);
  }

  private again(post: Post): void {
    if (post.tries <= 0) return post.lost?.();
    this.bring({ ...post, tries: post.tries - 1 }, this.ground.world.random.between(SECOND, 5 * SECOND));
  }
}

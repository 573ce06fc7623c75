import type { Host, Work } from './host.js';
import type { Conversations } from './hub/conversations.js';
import { ableHost, type Ground } from './hub/ground.js';
import type { Sends } from './hub/sends.js';
import type { Carrier } from './outside/carrier.js';
import type { Exchange } from './outside/exchange.js';
import { Outage, type Tx } from './store.js';
import { MINUTE, SECOND, type World } from './world.js';

/** What a customer's text means, to whoever wrote it. */
export type Meaning = 'plain' | 'stop' | 'start' | 'yes' | 'help' | 'doubt' | 'emergency';

/** What customers text, and what they mean by it. */
export const TEXTS: Readonly<Record<string, Meaning>> = {
  'Is anyone there?': 'plain',
  'My sink leaks': 'plain',
  'Stop the leak please': 'plain',
  STOP: 'stop',
  'stop texting me': 'stop',
  'opt out': 'stop',
  START: 'start',
  Yes: 'yes',
  HELP: 'help',
  'who gave you my number': 'doubt',
  'I smell gas': 'emergency',
};
const ANY_TEXT = Object.keys(TEXTS);
const CUSTOMERS = ['+14155550121', '+14155550122', '+14155550123'] as const;

/** How long people keep the hub busy. */
export const BUSY_FOR_MS = 14 * MINUTE;

/** Customers, the people of the business, and whoever pulls plugs. */
export class People {
  private readonly ground: Ground;
  private readonly world: World;
  private readonly conversations: Conversations;
  private readonly sends: Sends;
  private readonly awaited = new Set<string>();

  constructor(ground: Ground, conversations: Conversations, sends: Sends) {
    this.ground = ground;
    this.world = ground.world;
    this.conversations = conversations;
    this.sends = sends;
  }

  /** Sets out what customers will do, and which plugs will be pulled. */
  plan(carrier: Carrier, exchange: Exchange): void {
    const { random } = this.world;
    for (const customer of CUSTOMERS.slice(0, random.between(1, CUSTOMERS.length))) {
      for (let nth = random.between(1, 3); nth > 0; nth -= 1)
        this.world.schedule(random.between(0, BUSY_FOR_MS), `${customer} calls`, () =>
          exchange.place(customer),
        );
      for (let nth = random.between(2, 5); nth > 0; nth -= 1) this.text(carrier, customer);
      if (random.chance(0.05)) this.loop(carrier, customer);
    }
    this.pullPlugs();
  }

  private pullPlugs(): void {
    const { random } = this.world;
    if (random.chance(0.04)) this.pull('the database is down', () => this.ground.store.goAway(12 * MINUTE));
    for (const host of this.ground.hosts) {
      if (random.chance(0.4)) this.pull(`${host.name} is killed`, () => host.up && host.crash());
      if (random.chance(0.3))
        this.pull(
          `${host.name} is stopped`,
          () => host.up && host.freeze(random.between(SECOND, 120 * SECOND)),
        );
    }
  }

  /** What people notice: somebody waits for an answer, or a text is held. */
  committed(tx: Tx): void {
    for (const { table, before, after } of tx.changes) {
      if (table === 'conversations' && after?.aiTakeoverAt != null && before?.aiTakeoverAt == null)
        this.mayReply(after.id, after.aiTakeoverAt);
      if (table === 'messages' && after?.status === 'held' && before?.status !== 'held')
        this.mayResolve(after.id);
    }
  }

  private text(carrier: Carrier, customer: string): void {
    const { random } = this.world;
    const body = random.chance(0.45) ? 'Is anyone there?' : (random.any(ANY_TEXT) ?? '');
    const inMs = random.between(0, BUSY_FOR_MS);
    this.world.schedule(inMs, `${customer} texts ${body}`, () => carrier.receive(customer, body));
    if (TEXTS[body] !== 'stop' || !random.chance(0.5)) return;
    const back = random.chance(0.5) ? 'START' : 'Yes';
    const laterMs = inMs + random.between(50, random.chance(0.5) ? 5 * SECOND : 3 * MINUTE);
    this.world.schedule(laterMs, `${customer} texts ${back}`, () => carrier.receive(customer, back));
  }

  /** A machine at the other end that answers every text. */
  private loop(carrier: Carrier, customer: string): void {
    for (let nth = 1; nth <= 14; nth += 1)
      this.world.schedule(nth * 20 * SECOND, `${customer} texts HELP again`, () =>
        carrier.receive(customer, 'HELP'),
      );
  }

  private pull(label: string, plug: () => void): void {
    this.world.schedule(this.world.random.between(0, BUSY_FOR_MS), label, plug);
  }

  /** Replies come at any time; the awkward one is the very moment in which the AI takes over. */
  private mayReply(id: string, dueAt: number): void {
    const { random } = this.world;
    if (this.awaited.has(id) || !random.chance(0.5)) return;
    this.awaited.add(id);
    const awkward = dueAt - this.world.now + random.between(-60, 260);
    const inMs = random.chance(0.6) ? awkward : random.between(SECOND, 3 * MINUTE);
    this.schedule(inMs, `somebody answers ${id}`, (host) => this.answering(host, id));
  }

  private *answering(host: Host, id: string): Work {
    const { random, now } = this.world;
    this.awaited.delete(id);
    if (random.chance(0.1)) return yield* this.lookingIn(host, id);
    if (random.chance(0.1)) return yield* this.conversations.decide(host, id, 'closed');
    const isScheduled = random.chance(0.15);
    const sendAt = now + random.between(10 * SECOND, 2 * MINUTE);
    yield* this.conversations.reply(
      host,
      id,
      isScheduled ? 'scheduled' : 'reply',
      isScheduled ? sendAt : undefined,
    );
    if (!random.chance(0.3)) return;
    const inMs = random.between(100, MINUTE);
    this.schedule(inMs, `somebody releases ${id}`, (other) =>
      this.conversations.decide(other, id, 'released-to-ai'),
    );
  }

  /** Takes the conversation, and perhaps gives it back without a word. */
  private *lookingIn(host: Host, id: string): Work {
    const { random } = this.world;
    yield* this.conversations.decide(host, id, 'human-took-over');
    if (!random.chance(0.7)) return;
    this.schedule(random.between(200, 10 * SECOND), `somebody gives ${id} back`, (other) =>
      this.conversations.decide(other, id, 'released-to-ai'),
    );
  }

  private mayResolve(message: string): void {
    const { random } = this.world;
    if (random.chance(0.3)) return;
    const as = random.chance(0.5) ? 'resend' : 'discard';
    this.schedule(random.between(SECOND, 8 * MINUTE), `somebody resolves ${message}`, (host) =>
      this.resolving(host, message, as),
    );
  }

  private *resolving(host: Host, message: string, as: 'resend' | 'discard'): Work {
    yield* this.ground.store.transaction(host, (tx) => this.sends.resolve(tx, message, as));
  }

  /** Through the API of some host; an error is the person's to see, who does not try again. */
  private schedule(inMs: number, label: string, work: (host: Host) => Work): void {
    this.world.schedule(inMs, label, () => {
      const host = ableHost(this.ground);
      host?.start(label, this.trying(work(host)));
    });
  }

  private *trying(work: Work): Work {
    try {
      yield* work;
    } catch (error) {
      if (!(error instanceof Outage)) throw error;
    }
  }
}

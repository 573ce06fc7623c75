import { Chronicle } from './chronicle.js';
import { Host } from './host.js';
import { Ai } from './hub/ai.js';
import { Alarms } from './hub/alarms.js';
import { CallService } from './hub/call-service.js';
import { Calls } from './hub/calls.js';
import { Conversations } from './hub/conversations.js';
import { GapImport } from './hub/gap-import.js';
import { LISTS } from './hub/list-marks.js';
import { Handling } from './hub/handling.js';
import type { Ground, Settings } from './hub/ground.js';
import { Inbox } from './hub/inbox.js';
import { Sender } from './hub/sender.js';
import { Sends } from './hub/sends.js';
import { TextBack } from './hub/text-back.js';
import { Invariants } from './invariants.js';
import type { Watched } from './watched.js';
import { Carrier } from './outside/carrier.js';
import { Exchange } from './outside/exchange.js';
import { Network } from './outside/network.js';
import { Receiver } from './outside/receiver.js';
import { BUSY_FOR_MS, People } from './people.js';
import type { Random } from './random.js';
import { checkAtRest } from './at-rest.js';
import { Store } from './store.js';
import type { Invariant } from './what-must-hold.js';
import { MINUTE, SECOND, Violation, World } from './world.js';

const CALM_AFTER_MS = BUSY_FOR_MS + 4 * MINUTE;
/** How long everything may take to come to rest once nothing goes wrong. */
const REST_WITHIN_MS = 6 * 60 * MINUTE;
const MOST_EVENTS = 60_000;
/** A connection that is silent for so long is cut by Twilio. */
const SILENT_MS = 15 * SECOND;

export interface Outcome {
  readonly seed: number;
  readonly events: number;
  readonly failure: string | null;
  readonly reached: ReadonlyMap<string, number>;
  readonly fired: ReadonlyMap<string, number>;
  readonly checked: ReadonlyMap<Invariant, number>;
}

const drawn = (random: Random): Settings => ({
  aiTakeoverSeconds: 60,
  aiReclaimSeconds: random.pick([null, 120, 300]),
  textBackCooldownMinutes: random.pick([5, 240]),
  minRingSeconds: 3,
  screening: random.pick(['none', 'keypress']),
  dailyMessageCap: random.pick([null, 2_000, 6]),
  prefixTextBackCap: random.pick([null, 2, 20]),
  windowMs: 90 * SECOND,
});

/** One history, from an empty hub to its rest. */
class Simulation {
  readonly world: World;
  private readonly ground: Ground;
  readonly invariants: Invariants;
  private readonly watched: Watched;
  private readonly outside: { readonly exchange: Exchange; readonly receiver: Receiver };

  constructor(seed: number, trace: ((line: string) => void) | null) {
    this.world = new World(seed, CALM_AFTER_MS, trace);
    const { world } = this;
    const settings = drawn(world.random);
    const hosts: Host[] = [];
    const store = new Store(world, (tx) => listeners.forEach((heard) => heard(tx)));
    this.ground = { world, settings, store, hosts };
    const carrier = new Carrier(world, settings);
    const exchange = new Exchange(world, settings);
    this.watched = { world, settings, store, carrier, hosts };
    this.invariants = new Invariants(this.watched);
    const receiver = new Receiver(world, (delivery) => this.invariants.told(delivery, receiver.taken));
    this.outside = { exchange, receiver };
    const { ground, invariants } = this;

    const inbox = new Inbox(ground);
    const network = new Network(ground, inbox, (event, verdict) => invariants.acknowledged(event, verdict));
    const alarms = new Alarms(ground);
    const sends = new Sends(ground);
    const sender = new Sender(ground, sends, carrier);
    const calls = new Calls(ground);
    const handling = new Handling(settings, sends);
    const conversations = new Conversations(ground, sends, handling);
    const ai = new Ai(ground, sends, handling, conversations);
    const textBack = new TextBack(ground, sends);
    const callService = new CallService(ground, receiver);
    const imports = new GapImport(ground, { inbox, calls }, { carrier, exchange });
    const people = new People(ground, conversations, sends);
    carrier.connect(network, {
      requested: (text) => invariants.requested(text),
      accepted: (text) => invariants.accepted(text),
    });
    exchange.connect(network);
    calls.sweepWhen((host) => imports.hasReadCalls(host));
    calls.heedSilence((host, ageMs) => inbox.silenceTellsAfterMs(host, ageMs));
    const listeners = [new Chronicle(world), invariants, inbox, alarms, calls, people].map((one) =>
      one.committed.bind(one),
    );

    inbox.on('sms.incoming', (tx, event) => conversations.receive(tx, event));
    inbox.on('sms.status', (tx, event) => sends.callBack(tx, event));
    for (const kind of ['incoming', 'dial', 'screening', 'digit', 'status'])
      inbox.on(`call.${kind}`, (tx, event) => calls.apply(tx, event));
    alarms.on('deliver', (host, about) => sender.deliver(host, about));
    alarms.on('settle', (host, about) => sender.settle(host, about));
    alarms.on('judge', (host, about) => calls.judgeAgain(host, about, 'waited'));
    alarms.on('takeover', (host, about) => conversations.takeOver(host, about));
    alarms.on('thread', (host, about) => conversations.thread(host, about));
    alarms.on('ai-turn', (host, about) => ai.turn(host, about));
    alarms.on('text-back', (host, about) => textBack.run(host, about));
    alarms.on('tell-call-service', (host, about) => callService.record(host, about));
    alarms.on('deliver-call-event', (host, about) => callService.deliver(host, about));

    const began = (host: Host): void => {
      inbox.boot(host);
      imports.boot(host);
    };
    const crashed = (host: Host): void => {
      inbox.crashed(host);
      network.cut(host, host.life);
      alarms.watch(host, host.life);
    };
    const froze = (host: Host): void => {
      const { life, frozenUntil } = host;
      if (frozenUntil - world.now <= SILENT_MS) return;
      world.schedule(SILENT_MS, `Twilio hangs up on ${host.name}`, () => network.cut(host, life));
      alarms.watch(host, life);
    };
    const many = world.random.between(2, 3);
    for (let nth = 1; nth <= many; nth += 1)
      hosts.push(new Host(world, `H${nth}`, { began, crashed, froze }));
    for (const host of hosts) host.boot();
    people.plan(carrier, exchange);
  }

  run(): void {
    while (!this.isAtRest()) {
      this.world.step();
      this.invariants.afterEvent();
      const mayGoOn = this.world.now < this.world.calmAt + REST_WITHIN_MS && this.world.events < MOST_EVENTS;
      this.invariants.holds(mayGoOn, 13, 'nothing goes wrong any more, and there is no end of it');
    }
    checkAtRest(this.watched, this.invariants, this.outside);
  }

  /** Nothing is left to do, and Twilio's lists were read after the last fault. */
  private isAtRest(): boolean {
    const { world, ground } = this;
    const { marks } = ground.store.tables;
    const readUntil = LISTS.map((list) => marks.get(list)?.until ?? 0);
    return !world.busy && Math.min(...readUntil) > world.calmAt + MINUTE;
  }
}

/** Runs one seed; a failure is told, never thrown. @param trace hears every event */
export const runSeed = (seed: number, trace: ((line: string) => void) | null = null): Outcome => {
  const simulation = new Simulation(seed, trace);
  const { world } = simulation;
  const told = (failure: string | null): Outcome => {
    const { events, reached, fired } = world;
    return { seed, events, failure, reached, fired, checked: simulation.invariants.checked };
  };
  try {
    simulation.run();
    return told(null);
  } catch (error) {
    if (error instanceof Violation) return told(error.message);
    return told(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
};

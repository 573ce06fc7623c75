import type { Host, Work } from '../host.js';
import type { Job } from '../rows.js';
import { Outage, type Tx } from '../store.js';
import { MINUTE, SECOND } from '../world.js';
import { ableHost, type Ground } from './ground.js';

export type Handler = (host: Host, about: string) => Work;

const MOST_ATTEMPTS = 6;
/** A process that is silent for so long is believed dead, by the others' next beat. */
const DEAD_AFTER_MS = 12 * SECOND;
const BEATS_MS = 8 * SECOND;

/** Alarm clocks: at least once, late, on two hosts at once, again when a host dies with them in hand. */
export class Alarms {
  private readonly ground: Ground;
  private readonly poisoned = new Set<string>();
  private readonly handlers = new Map<string, Handler>();

  constructor(ground: Ground) {
    this.ground = ground;
  }

  on(task: string, handler: Handler): void {
    this.handlers.set(task, handler);
  }

  committed({ changes }: Tx): void {
    for (const { table, before, after } of changes)
      if (table === 'jobs' && before === undefined && after !== undefined) this.ring(after);
  }

  /** What a life of a host has in hand is given to others, once nothing was heard of it for long enough. */
  watch(host: Host, life: number): void {
    const { world } = this.ground;
    world.schedule(
      DEAD_AFTER_MS + world.random.between(0, BEATS_MS),
      `beats of ${host.name} are missed`,
      () => {
        if (host.life === life && host.able) return;
        if (ableHost(this.ground, host) === undefined && host.life === life) return this.watch(host, life);
        for (const job of this.lockedBy(host.name, life)) {
          world.sometimes('a dead worker’s job ran elsewhere');
          this.change({ ...job, lock: null });
          this.ring({ ...job, runAt: 0 });
        }
      },
    );
  }

  private lockedBy(host: string, life: number): readonly Job[] {
    return [...this.ground.store.tables.jobs.values()].filter(
      ({ lock }) => lock !== null && lock.host === host && lock.life === life,
    );
  }

  private ring({ id, task, about, runAt }: Job, againInMs = 0): void {
    const { world } = this.ground;
    const inMs = Math.max(0, runAt - world.now) + againInMs + world.random.between(1, 150);
    world.schedule(inMs, `alarm ${task} ${about}`, () => this.take(id));
  }

  private take(id: string): void {
    const { world, store } = this.ground;
    const job = store.tables.jobs.get(id);
    if (job === undefined || job.lock !== null) return;
    const host = ableHost(this.ground);
    if (host === undefined || store.away) return this.ring(job, world.random.between(SECOND, 3 * SECOND));
    if (world.buggify('job-late')) return this.ring(job, world.random.between(SECOND, MINUTE));
    const locked = { ...job, attempts: job.attempts + 1, lock: { host: host.name, life: host.life } };
    this.change(locked);
    host.start(`runs ${job.task} ${job.about}`, this.running(host, locked));
    const second = ableHost(this.ground, host);
    if (second !== undefined && world.buggify('job-twice'))
      second.start(`runs ${job.task} ${job.about} as well`, this.running(second, { ...locked, lock: null }));
  }

  private *running(host: Host, job: Job): Work {
    const handler = this.handlers.get(job.task);
    if (handler === undefined) throw new Error(`Nobody does ${job.task}`);
    let failed = false;
    try {
      if (this.isPoisoned(job)) throw new Outage('poison');
      yield* handler(host, job.about);
    } catch (error) {
      if (!(error instanceof Outage)) throw error;
      failed = true;
    }
    this.end(host, job, failed);
  }

  /** A poisoned job fails until it is given up. */
  private isPoisoned({ id, attempts }: Job): boolean {
    const begins = attempts === 1 && this.ground.world.buggify('job-poisoned', 0.01);
    if (begins) this.poisoned.add(id);
    return this.poisoned.has(id);
  }

  private end(host: Host, job: Job, failed: boolean): void {
    const { world, store } = this.ground;
    const { lock } = store.tables.jobs.get(job.id) ?? { lock: null };
    const mine = job.lock !== null && lock !== null && lock.host === host.name && lock.life === host.life;
    world.sometimes('a frozen worker woke up behind its successor', !mine && job.lock !== null);
    if (store.away) return mine ? this.giveBack(host, job) : undefined;
    if (!failed) return this.change({ ...job, lock: null }, true);
    if (mine) this.again(job);
  }

  /** Its end cannot be written down: it is freed when the process looks for what it was cut off from. */
  private giveBack(host: Host, job: Job): void {
    this.ground.world.schedule(3 * SECOND, `${host.name} frees ${job.task}`, () => {
      const now = this.ground.store.tables.jobs.get(job.id);
      if (now === undefined || now.lock === null || now.lock.host !== host.name) return;
      if (this.ground.store.away) return this.giveBack(host, job);
      this.again(job);
    });
  }

  private again(job: Job): void {
    const { world } = this.ground;
    const isDead = job.attempts >= MOST_ATTEMPTS;
    world.sometimes('a job was given up and revived', isDead);
    if (isDead) this.poisoned.delete(job.id);
    const inMs = isDead ? MINUTE : Math.exp(job.attempts) * SECOND;
    const freed = { ...job, attempts: isDead ? 0 : job.attempts, lock: null, runAt: world.now + inMs };
    this.change(freed);
    this.ring(freed);
  }

  private change(job: Job, gone = false): void {
    this.ground.store.atOnce((tx) => {
      if (tx.get('jobs', job.id) !== undefined) tx.set('jobs', job.id, gone ? undefined : job);
    });
  }
}

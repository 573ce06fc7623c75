import { Disk } from './disk.js';
import { SECOND, type World } from './world.js';

/** Something that takes time: it yields how many milliseconds it waits for what comes next. */
export type Work<T = void> = Generator<number, T, undefined>;

interface Task {
  readonly label: string;
  readonly life: number;
  readonly work: Work;
}

/** What others do about a host's ups and downs. */
export interface Fate {
  readonly began: (host: Host) => void;
  readonly crashed: (host: Host) => void;
  readonly froze: (host: Host) => void;
}

const FOR_EVER = 1_000_000_000;

/** A process of the hub with a clock and a disk of its own. A crash ends all that it does; a freeze puts it off. */
export class Host {
  readonly name: string;
  readonly disk: Disk;
  /** Counts its lives: what was begun in an earlier one never goes on. */
  life = 0;
  up = false;
  frozenUntil = 0;
  startedAt = 0;
  /** Whatever a process keeps in memory alone. */
  memory = new Map<string, unknown>();
  private readonly world: World;
  private readonly skewMs: number;
  private readonly fate: Fate;

  constructor(world: World, name: string, fate: Fate) {
    this.world = world;
    this.name = name;
    this.fate = fate;
    this.disk = new Disk(world);
    this.skewMs = world.random.between(-90 * SECOND, 90 * SECOND);
  }

  /** Its own clock, which nobody else believes. */
  get clock(): number {
    return this.world.now + this.skewMs;
  }

  get able(): boolean {
    return this.up && this.frozenUntil <= this.world.now;
  }

  boot(): void {
    this.life += 1;
    this.up = true;
    this.frozenUntil = 0;
    this.startedAt = this.world.now;
    this.memory = new Map();
    this.fate.began(this);
  }

  start(label: string, work: Work, daemon = false): void {
    this.go({ label: `${this.name} ${label}`, life: this.life, work }, daemon);
  }

  /** Ends the process where it stands; it comes again after a while. */
  crash(): void {
    this.world.say(() => `  ! ${this.name} crashed`);
    this.fate.crashed(this);
    this.up = false;
    this.life += 1;
    this.disk.crash();
    this.world.schedule(this.world.random.between(500, 30_000), `${this.name} boots`, () => this.boot());
  }

  /** What it does waits for so long, and goes on as if nothing had been. */
  freeze(forMs: number): void {
    this.world.say(() => `  ! ${this.name} freezes for ${forMs} ms`);
    this.frozenUntil = Math.max(this.frozenUntil, this.world.now + forMs);
    this.fate.froze(this);
  }

  /** For whatever ends here with its process. */
  *dies(): Work {
    this.crash();
    yield FOR_EVER;
  }

  *sleepsFrozen(): Work {
    this.freeze(this.world.random.between(500, 150_000));
    yield 0;
  }

  private go(task: Task, daemon: boolean): void {
    if (task.life !== this.life) return;
    if (this.frozenUntil > this.world.now) return this.later(task, this.frozenUntil - this.world.now, daemon);
    const { done, value } = task.work.next();
    if (done !== true && value < FOR_EVER) this.later(task, value, daemon);
  }

  private later(task: Task, inMs: number, daemon: boolean): void {
    this.world.schedule(inMs, task.label, () => this.go(task, daemon), daemon);
  }
}

import { FAULT_POINTS, type Branch, type FaultPoint } from './branches.js';
import { Random } from './random.js';

/** When every history begins, in milliseconds since the epoch. */
export const BEGIN = Date.UTC(2026, 10, 22, 9);
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;

const ACTIVE_IN = 0.25;
const FIRES = 0.05;

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly label: string;
  readonly run: () => void;
  /** Would go on for ever: nobody waits for it to come to rest. */
  readonly daemon: boolean;
}

const isBefore = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** An invariant that does not hold. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** Virtual time, one queue of what is to come, one source of chance, and the faults that chance has in store. */
export class World {
  readonly random: Random;
  now = BEGIN;
  events = 0;
  /** Nothing goes wrong from here on. */
  calmAt: number;
  readonly reached = new Map<Branch, number>();
  readonly fired = new Map<FaultPoint, number>();
  private readonly active: ReadonlySet<FaultPoint>;
  private readonly heap: Timer[] = [];
  private readonly trace: ((line: string) => void) | null;
  private order = 0;
  private awaited = 0;
  private ids = 0;

  constructor(seed: number, calmAfterMs: number, trace: ((line: string) => void) | null) {
    this.random = new Random(seed);
    this.calmAt = BEGIN + calmAfterMs;
    this.trace = trace;
    this.active = new Set(FAULT_POINTS.filter(() => this.random.chance(ACTIVE_IN)));
  }

  get calm(): boolean {
    return this.now >= this.calmAt;
  }

  /** Whether something is still to happen that comes to an end. */
  get busy(): boolean {
    return this.awaited > 0;
  }

  get tracing(): boolean {
    return this.trace !== null;
  }

  /** Ids grow, as UUIDs of version 7 do. */
  id(prefix: string): string {
    this.ids += 1;
    return `${prefix}${String(this.ids).padStart(6, '0')}`;
  }

  schedule(inMs: number, label: string, run: () => void, daemon = false): void {
    this.order += 1;
    if (!daemon) this.awaited += 1;
    this.push({ at: this.now + Math.max(0, inMs), order: this.order, label, run, daemon });
  }

  /** Takes the next step; false when nothing is left. */
  step(): boolean {
    const next = this.pop();
    if (next === undefined) return false;
    if (!next.daemon) this.awaited -= 1;
    this.now = next.at;
    this.events += 1;
    this.say(() => next.label);
    next.run();
    return true;
  }

  /** Whether this fault strikes here and now. */
  buggify(point: FaultPoint, fires = FIRES): boolean {
    if (!this.active.has(point) || this.calm || !this.random.chance(fires)) return false;
    this.fired.set(point, (this.fired.get(point) ?? 0) + 1);
    this.say(() => `  ! ${point}`);
    return true;
  }

  /** Notes that a rare branch was reached. */
  sometimes(branch: Branch, reached = true): void {
    if (!reached) return;
    this.reached.set(branch, (this.reached.get(branch) ?? 0) + 1);
    this.say(() => `  * ${branch}`);
  }

  say(line: () => string): void {
    if (this.trace === null) return;
    const seconds = ((this.now - BEGIN) / SECOND).toFixed(3).padStart(10);
    this.trace(`${seconds}  ${line()}`);
  }

  private push(timer: Timer): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(timer);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(timer, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = timer;
  }

  private pop(): Timer | undefined {
    const { heap } = this;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const [a, b] = [heap[left], heap[left + 1]];
      if (a === undefined) break;
      const [child, place] = b !== undefined && isBefore(b, a) ? [b, left + 1] : [a, left];
      if (!isBefore(child, last)) break;
      heap[at] = child;
      at = place;
    }
    heap[at] = last;
    return top;
  }
}

import { BRANCHES, FAULT_POINTS } from './branches.js';
import type { Outcome } from './simulation.js';
import { INVARIANTS, type Invariant } from './what-must-hold.js';

type Counts = Map<string, number>;

const add = (to: Counts, from: ReadonlyMap<string | Invariant, number>): void => {
  for (const [name, times] of from) to.set(String(name), (to.get(String(name)) ?? 0) + times);
};

const listed = (names: readonly string[], counts: Counts): string =>
  names
    .map((name) => ({ name, times: counts.get(name) ?? 0 }))
    .toSorted((a, b) => a.times - b.times)
    .map(({ name, times }) => `${times.toLocaleString('en-US').padStart(14)}  ${name}`)
    .join('\n');

/** What many seeds came to. */
export class Tally {
  seeds = 0;
  events = 0;
  readonly failed: { readonly seed: number; readonly failure: string }[] = [];
  private readonly reached: Counts = new Map();
  private readonly fired: Counts = new Map();
  private readonly checked: Counts = new Map();

  add({ seed, events, failure, reached, fired, checked }: Outcome): void {
    this.seeds += 1;
    this.events += events;
    add(this.reached, reached);
    add(this.fired, fired);
    add(this.checked, checked);
    if (failure !== null) this.failed.push({ seed, failure });
  }

  /** Branches, fault points and invariants that no seed came to: what is not reached is not tested. */
  missing(): readonly string[] {
    const none = (kind: string, names: readonly string[], counts: Counts): readonly string[] =>
      names.filter((name) => !counts.has(name)).map((name) => `${kind} "${name}"`);
    return [
      ...none('the branch', BRANCHES, this.reached),
      ...none('the fault point', FAULT_POINTS, this.fired),
      ...none('the invariant', Object.keys(INVARIANTS), this.checked),
    ];
  }

  lines(): string {
    const invariants = Object.entries(INVARIANTS).map(([name, says]) => [name, `${name}: ${says}`] as const);
    const said = new Map(invariants.map(([name, line]) => [line, this.checked.get(name) ?? 0]));
    return [
      'Invariants, and how often each was checked:',
      listed([...said.keys()], said),
      'Rare branches, and how often each was reached:',
      listed(BRANCHES, this.reached),
      'Fault points, and how often each fired:',
      listed(FAULT_POINTS, this.fired),
    ].join('\n');
  }
}

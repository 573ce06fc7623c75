import type { ConversationEvent } from '../../libs/conversations/src/handler/handler.domain.js';
import type { Host, Work } from './host.js';
import { SUBSCRIBERS } from './hub/subscribers.js';
import type { Conversation, LogEvent, Rows, TableName } from './rows.js';
import { SECOND, type World } from './world.js';

/** PostgreSQL could not be asked, or nobody knows whether it committed. */
export class Outage extends Error {}

export type Tables = { readonly [T in TableName]: Map<string, Rows[T]> };

/** A row that a transaction changed. */
export type Change = {
  readonly [T in TableName]: {
    readonly table: T;
    readonly key: string;
    readonly before: Rows[T] | undefined;
    readonly after: Rows[T] | undefined;
  };
}[TableName];

/** What was done in a transaction, in the words of the domain. */
export type Note =
  | {
      readonly kind: 'stepped';
      readonly event: ConversationEvent;
      readonly before: Conversation;
      readonly after: Conversation;
    }
  | { readonly kind: 'replied'; readonly conversation: string }
  | { readonly kind: 'canceled'; readonly contact: string }
  /** The AI says what it thought in an epoch. */
  | { readonly kind: 'spoke'; readonly thoughtIn: number; readonly conversation: Conversation }
  | { readonly kind: 'resolved'; readonly message: string; readonly as: 'resend' | 'discard' };

/** One transaction: it sees what was committed and what it wrote itself; it is undone whole or committed whole. */
export class Tx {
  readonly now: number;
  readonly tables: Tables;
  readonly changes: Change[] = [];
  readonly notes: Note[] = [];
  private readonly world: World;

  constructor(world: World, tables: Tables) {
    this.world = world;
    this.tables = tables;
    this.now = world.now;
  }

  get<T extends TableName>(table: T, key: string): Rows[T] | undefined {
    return this.tables[table].get(key) as Rows[T] | undefined;
  }

  /** @throws when there is none */
  need<T extends TableName>(table: T, key: string): Rows[T] {
    const row = this.get(table, key);
    if (row === undefined) throw new Error(`No ${key} in ${table}`);
    return row;
  }

  all<T extends TableName>(table: T): readonly Rows[T][] {
    return [...(this.tables[table].values() as Iterable<Rows[T]>)];
  }

  set<T extends TableName>(table: T, key: string, after: Rows[T] | undefined): void {
    const rows = this.tables[table] as Map<string, Rows[T]>;
    this.changes.push({ table, key, before: rows.get(key), after } as unknown as Change);
    if (after === undefined) rows.delete(key);
    else rows.set(key, after);
  }

  id(prefix: string): string {
    return this.world.id(prefix);
  }

  /** An alarm, which rings after the commit. */
  alarm(task: string, about: string, at = this.now): void {
    const id = this.id('J');
    this.set('jobs', id, { id, task, about, runAt: at, attempts: 0, lock: null });
  }

  publish(event: Omit<LogEvent, 'id'>): void {
    const id = this.id('E');
    this.set('log', id, { id, ...event });
    for (const task of SUBSCRIBERS[event.type] ?? []) this.alarm(task, id);
  }

  undo(): void {
    for (const { table, key, before } of this.changes.toReversed()) {
      const rows = this.tables[table] as Map<string, unknown>;
      if (before === undefined) rows.delete(key);
      else rows.set(key, before);
    }
  }
}

const empty = (): Tables => ({
  contacts: new Map(),
  conversations: new Map(),
  messages: new Map(),
  intents: new Map(),
  calls: new Map(),
  events: new Map(),
  sids: new Map(),
  jobs: new Map(),
  log: new Map(),
  deliveries: new Map(),
  consents: new Map(),
  marks: new Map(),
});

/** How long a connection that hears nothing is waited for. */
const PATIENCE_MS = 4 * SECOND;
/** And for how long it may say nothing before it counts as away. */
const NOTICED_MS = SECOND;

/** The database: it may be away, hang, lose a commit or its answer. Its clock is the only one that decides. */
export class Store {
  readonly tables = empty();
  private readonly world: World;
  private readonly committed: (tx: Tx) => void;
  private awayUntil = 0;
  private hangsUntil = 0;
  /** Until when it was away, or hung for so long that it was noticed. */
  private goneUntil = 0;
  private goneFrom = 0;

  constructor(world: World, committed: (tx: Tx) => void) {
    this.world = world;
    this.committed = committed;
  }

  get away(): boolean {
    return this.awayUntil > this.world.now;
  }

  /** For how long it has been back, as far as a process knows that has run since then. */
  backForMs({ startedAt }: Host): number {
    const lastAwayAt = Math.min(this.world.now, this.goneUntil);
    return lastAwayAt > startedAt ? this.world.now - lastAwayAt : Number.POSITIVE_INFINITY;
  }

  /** For how long it was away the last time. */
  get awayForMs(): number {
    return Math.min(this.world.now, this.goneUntil) - this.goneFrom;
  }

  /** Unless it is away already. */
  private isGoneFromNow(): void {
    if (this.goneUntil < this.world.now) this.goneFrom = this.world.now;
  }

  goAway(forMs: number): void {
    this.isGoneFromNow();
    this.awayUntil = Math.max(this.awayUntil, this.world.now + forMs);
    this.goneUntil = Math.max(this.goneUntil, this.awayUntil);
  }

  /**
   * One transaction, at one moment: locks make real ones follow each other as these do.
   * @throws Outage, or what the work throws, undone
   */
  *transaction<T>(host: Host, work: (tx: Tx) => T): Work<T> {
    this.mayFail();
    yield* this.connect();
    if (this.world.buggify('freeze-before-commit')) yield* host.sleepsFrozen();
    if (this.world.buggify('crash-before-commit')) yield* host.dies();
    const lost = this.world.buggify('commit-lost');
    const given = this.atOnce(work, lost);
    if (lost) throw new Outage('the connection broke, and the commit with it');
    if (this.world.buggify('crash-after-commit')) yield* host.dies();
    if (this.world.buggify('freeze-after-commit')) yield* host.sleepsFrozen();
    yield this.world.random.between(1, 4);
    if (this.world.buggify('commit-unknown')) {
      this.world.sometimes('a commit was torn from its answer');
      throw new Outage('the connection broke after the commit');
    }
    return given;
  }

  /** The same with no way to fail, for whoever plays the database's own part. */
  atOnce<T>(work: (tx: Tx) => T, lost = false): T {
    const tx = new Tx(this.world, this.tables);
    try {
      const given = work(tx);
      if (lost) tx.undo();
      else this.committed(tx);
      return given;
    } catch (error) {
      if (!isViolation(error)) tx.undo();
      throw error;
    }
  }

  private mayFail(): void {
    const { random, now } = this.world;
    if (this.world.buggify('database-away', 0.01)) this.goAway(random.between(SECOND, 90 * SECOND));
    if (!this.world.buggify('database-hangs', 0.01)) return;
    const forMs = random.between(300, 40 * SECOND);
    this.hangsUntil = now + forMs;
    if (forMs > NOTICED_MS) this.isGoneFromNow();
    if (forMs > NOTICED_MS) this.goneUntil = Math.max(this.goneUntil, this.hangsUntil);
  }

  private *connect(): Work {
    yield this.world.random.between(1, 6);
    const hangs = this.hangsUntil - this.world.now;
    if (hangs > PATIENCE_MS) {
      yield PATIENCE_MS;
      throw new Outage('no word from the database');
    }
    if (hangs > 0) yield hangs;
    if (this.away) throw new Outage('nobody listens');
  }
}

const isViolation = (error: unknown): boolean => error instanceof Error && error.name === 'Violation';

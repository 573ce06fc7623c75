import type { PoolClient, QueryConfig, QueryResult, QueryResultRow } from 'pg';
import type { EntityManager } from 'typeorm';

import { isAborted } from './outage.js';

const names = new Map<string, string>();

/** Statements are written as constants, so each is prepared once per connection; past 1,000 none is named. */
const nameOf = (text: string): string | undefined => {
  const known = names.get(text);
  if (known !== undefined || names.size >= 1_000) return known;
  const name = `s${names.size}`;
  names.set(text, name);
  return name;
};

/** What is sent in one turn of the event loop travels in one write: fewer wake-ups on both sides. */
export const sendTogether = <T extends QueryResultRow>(
  client: PoolClient,
  statement: string | QueryConfig,
): Promise<QueryResult<T>> => {
  const { stream } = client.connection;
  stream.cork();
  process.nextTick(() => stream.uncork());
  return client.query<T>(statement);
};

/** One open transaction, bound to its tenant. */
export class Tx {
  private readonly unawaited: Promise<unknown>[] = [];
  private readonly lastWords: (() => void)[] = [];

  constructor(
    /** The tenant whose rows are visible; null in a system transaction. */
    readonly tenantId: string | null,
    private readonly client: PoolClient,
    /** TypeORM's manager on this very transaction. */
    readonly manager: EntityManager,
  ) {}

  /** Runs one statement, a constant text with `$1…` parameters, and gives its rows. */
  async query<T extends QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<T[]> {
    const name = nameOf(text);
    const config = name === undefined ? { text, values: [...values] } : { name, text, values: [...values] };
    const result = await sendTogether<T>(this.client, config);
    return result.rows;
  }

  /**
   * Sends one statement whose rows nobody needs, without waiting: it runs in its order, and when it fails, so do all
   * that come after it, and the transaction with its error.
   */
  send(text: string, values: readonly unknown[] = []): void {
    const sent = this.query(text, values);
    sent.catch(() => undefined);
    this.unawaited.push(sent);
  }

  /** Runs this once all is done, just before the commit: what it sends is part of the transaction. */
  beforeCommit(say: () => void): void {
    this.lastWords.push(say);
  }

  /** The first row, or undefined. */
  async one<T extends QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<T | undefined> {
    return (await this.query<T>(text, values))[0];
  }

  /** The database's clock, read now: call it after the lock, for a reading before is older than the wait. */
  async now(): Promise<Date> {
    const row = await this.one<{ now: Date }>('select clock_timestamp() as now');
    if (row === undefined) throw new Error('The database gave no time.');
    return row.now;
  }

  /** For Db alone: sends what was left until the commit. */
  sayLastWords(): void {
    for (const say of this.lastWords) say();
  }

  /**
   * For Db alone: why the transaction really failed. An error that only tells of an earlier failure gives way to that
   * of the statement sent before, for which nobody waited.
   */
  async causeOf(error: unknown): Promise<unknown> {
    if (!isAborted(error)) return error;
    const ends = await Promise.allSettled(this.unawaited);
    const failures = ends.flatMap((end): unknown[] => (end.status === 'rejected' ? [end.reason] : []));
    return failures.find((failure) => !isAborted(failure)) ?? error;
  }
}

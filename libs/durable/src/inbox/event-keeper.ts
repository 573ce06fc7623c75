import { Injectable } from '@nestjs/common';
import { Db, isOutage, Log, newId, storable, Tx, Unavailable, uniqueViolation } from '#libs/platform';

import { KEEP_WITHIN_MS, TOGETHER_WITHIN_MS } from './acceptance.domain.js';
import { Jobs } from '../jobs/jobs.js';
import { ADOPT, type InboxEvent } from './webhook-events.js';

/** Applies an event inside the transaction that keeps it: natural keys, no waiting, blind to order. */
export type Applier = (tx: Tx, event: InboxEvent) => Promise<void>;

/** Thrown by an applier: the event is about a call or message of somebody else. A webhook is answered 403 for it. */
export class Foreign extends Error {}
export const NOT_YOURS = 'about a call or message of somebody else';

/** What PostgreSQL made of an event; `away` when it could not be asked, or nobody knows whether it committed. */
export type Kept =
  | { readonly verdict: 'kept' | 'duplicate'; readonly answer: string }
  | { readonly verdict: 'foreign' }
  | { readonly verdict: 'away' };

/** A key that is there fails the transaction, and with it whatever a repeated event applies. */
const KEEP = `
  with k as (insert into webhook_keys (key, answer) values ($1, $2) returning key)
  insert into webhook_events (id, tenant_id, kind, account_sid, sid, key, params, context, verdict, came_at)
  select $3, $4, $5, $6, $7, key, $8, $9, $10, clock_timestamp() - make_interval(secs => $11) from k`;
const KEYS = 'webhook_keys_pkey';
const STORED = 'select answer from webhook_keys where key = $1';
const RECORD = `
  with k as (insert into webhook_keys (key, answer) values ($1, $2) on conflict do nothing returning key)
  insert into webhook_events (id, tenant_id, kind, account_sid, sid, key, params, context, verdict, came_at, error)
  select $3, $4, $5, $6, $7, key, $8, $9, $10, clock_timestamp() - make_interval(secs => $11), $12 from k`;

/** Keeps an event once, with its answer, and applies it in the same transaction: for webhooks, the spool and imports. */
@Injectable()
export class EventKeeper {
  private readonly appliers = new Map<string, Applier>();
  private count = 0;

  constructor(
    private readonly db: Db,
    private readonly jobs: Jobs,
    private readonly log: Log,
  ) {}

  /** How many events this process has kept: while it grows, the database takes events. */
  get keptSoFar(): number {
    return this.count;
  }

  /** Says who applies a kind of event: the one module that owns it. */
  on(kind: string, applier: Applier): void {
    this.appliers.set(kind, applier);
  }

  /** Keeps and applies an event; one that cannot be applied is kept as failed. Never throws. */
  async keep(event: InboxEvent): Promise<Kept> {
    try {
      const kept = await this.inOneTransaction(event);
      this.count += 1;
      return kept;
    } catch (error) {
      if (error instanceof Foreign) return { verdict: 'foreign' };
      if (isOutage(error)) return { verdict: 'away' };
      return this.giveUp(event, error);
    }
  }

  /**
   * Keeps events of one tenant, in one transaction; when that fails, for whatever reason, each of them in its own, so
   * that none shares another's end. Never throws.
   * @returns each event, in the order given, with what became of it
   */
  async keepTogether(
    events: readonly InboxEvent[],
  ): Promise<readonly { readonly event: InboxEvent; readonly verdict: Kept['verdict'] }[]> {
    if (await this.allKept(events)) return events.map((event) => ({ event, verdict: 'kept' }));
    const ends = [];
    for (const event of events) ends.push({ event, verdict: (await this.keep(event)).verdict });
    return ends;
  }

  /** Keeps an event that cannot be applied as failed, to be looked at; `away` when that cannot be written down now. */
  async giveUp(event: InboxEvent, why: unknown): Promise<Kept> {
    const { kind, sid, key } = event;
    const kept = await this.record(event, 'failed', String(why));
    if (kept.verdict !== 'away')
      this.log.error('an event could not be applied and is kept as failed', why, { kind, sid, key });
    return kept;
  }

  /**
   * Keeps an event without applying it: `failed`, to be looked at, or `dropped`, because it is somebody else's. What the
   * database cannot keep of its words is left out: an event that could not even be recorded would wait for ever.
   */
  async record(event: InboxEvent, verdict: 'failed' | 'dropped', why: string): Promise<Kept> {
    const params = Object.fromEntries(
      Object.entries(event.params).map(([name, value]) => [storable(name), storable(value)]),
    );
    const row = [...this.row({ ...event, params }, verdict), why.slice(0, 500)];
    try {
      await this.db.system('inbox', (tx) => tx.query(RECORD, row));
      return { verdict: 'kept', answer: event.answer };
    } catch (error) {
      this.log.warn('an event could not be written down', { kind: event.kind, error: String(error) });
      return { verdict: 'away' };
    }
  }

  /** Applies an event in the caller's transaction, by whoever owns its kind. */
  apply(tx: Tx, event: InboxEvent): Promise<void> {
    const applier = this.appliers.get(event.kind);
    if (applier === undefined) throw new Unavailable('no-applier', `Nobody applies ${event.kind}.`);
    return applier(tx, event);
  }

  private async inOneTransaction(event: InboxEvent): Promise<Kept> {
    const deadline = { deadlineMs: KEEP_WITHIN_MS };
    const { tenantId } = event;
    try {
      if (tenantId === null)
        return await this.db.system('inbox', (tx) => this.keepUnowned(tx, event), deadline);
      return await this.db.transaction(tenantId, (tx) => this.keepApplied(tx, event), deadline);
    } catch (error) {
      if (uniqueViolation(error) !== KEYS) throw error;
      return this.db.system('inbox', (tx) => this.stored(tx, event), deadline);
    }
  }

  private async allKept(events: readonly InboxEvent[]): Promise<boolean> {
    const tenantId = events[0]?.tenantId ?? null;
    if (tenantId === null || events.length === 1) return false;
    const keepAll = async (tx: Tx): Promise<void> => {
      for (const event of events) await this.keepApplied(tx, event);
    };
    try {
      await this.db.transaction(tenantId, keepAll, { deadlineMs: TOGETHER_WITHIN_MS });
    } catch {
      return false; // which of them it was, and what is to be said of it, shows when each is kept alone
    }
    this.count += events.length;
    return true;
  }

  private async keepApplied(tx: Tx, event: InboxEvent): Promise<Kept> {
    tx.send(KEEP, this.row(event, 'applied'));
    await this.apply(tx, event);
    return { verdict: 'kept', answer: event.answer };
  }

  private keepUnowned(tx: Tx, event: InboxEvent): Kept {
    const row = this.row(event, 'unowned');
    tx.send(KEEP, row);
    this.jobs.add(tx, ADOPT, { eventId: String(row[2]), attempt: '0' }, { inMs: 500 });
    return { verdict: 'kept', answer: event.answer };
  }

  private async stored(tx: Tx, event: InboxEvent): Promise<Kept> {
    const row = await tx.one<{ answer: string }>(STORED, [event.key]);
    return { verdict: 'duplicate', answer: row?.answer ?? event.answer };
  }

  private row(event: InboxEvent, verdict: string): unknown[] {
    const { key, answer, tenantId, kind, accountSid, sid, params, context, ageMs = 0 } = event;
    const sheets = [JSON.stringify(params), JSON.stringify(context)];
    return [key, answer, newId(), tenantId, kind, accountSid, sid, ...sheets, verdict, ageMs / 1_000];
  }
}

import { Injectable } from '@nestjs/common';
import { Db, isOutage, Log, Metrics, newId, Tx, Unavailable, uniqueViolation } from '#libs/platform';

import { Jobs } from './jobs.js';
import { ADOPT, type InboxEvent } from './webhook-events.js';

/** What became of it. `pending`: the database still works on it; `lost`: nothing keeps it. */
export type Acceptance =
  | { readonly verdict: 'kept' | 'pending' | 'duplicate'; readonly answer: string }
  | { readonly verdict: 'foreign' | 'lost' };

/** Applies an event inside the transaction that keeps it: natural keys, no waiting, blind to order. */
export type Applier = (tx: Tx, event: InboxEvent) => Promise<void>;

/** Thrown by an applier: the event is about a call or message of somebody else. Nothing is kept of it. */
export class Foreign extends Error {}

/** How long a webhook waits for PostgreSQL before it is answered without, in milliseconds. */
const ANSWER_WITHIN_MS = 200;
/** How long the database may take for it all the same. */
const KEEP_WITHIN_MS = 4_000;

/** A key that is there fails the transaction, and with it whatever a repeated event applies. */
const KEEP = `
  with k as (insert into webhook_keys (key, answer) values ($1, $2) returning key)
  insert into webhook_events (id, tenant_id, kind, account_sid, sid, key, params, context, verdict)
  select $3, $4, $5, $6, $7, key, $8, $9, $10 from k`;
const KEYS = 'webhook_keys_pkey';
const STORED = 'select answer from webhook_keys where key = $1';
const FAIL = `
  with k as (insert into webhook_keys (key, answer) values ($1, $2) on conflict do nothing returning key)
  insert into webhook_events (id, tenant_id, kind, account_sid, sid, key, params, context, verdict, error)
  select $3, $4, $5, $6, $7, key, $8, $9, $10, $11 from k`;

/** Keeps every webhook event once, with its answer, and applies it in the same transaction. */
@Injectable()
export class Inbox {
  private readonly appliers = new Map<string, Applier>();

  constructor(
    private readonly db: Db,
    private readonly jobs: Jobs,
    private readonly log: Log,
    private readonly metrics: Metrics,
  ) {}

  /** Says who applies a kind of event: the one module that owns it. */
  on(kind: string, applier: Applier): void {
    this.appliers.set(kind, applier);
  }

  /**
   * Accepts one event.
   * @param patient waits for the database up to 4 s, for what must not be answered before it is kept
   * @returns the answer to give; `lost` when the database is away
   */
  async accept(event: InboxEvent, patient = false): Promise<Acceptance> {
    const keeping = this.keep(event).catch((error: unknown) => this.unkept(event, error));
    if (patient) return keeping;
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<Acceptance>((resolve) => {
      timer = setTimeout(() => resolve({ verdict: 'pending', answer: event.answer }), ANSWER_WITHIN_MS);
    });
    return Promise.race([keeping, deadline]).finally(() => clearTimeout(timer));
  }

  private async keep(event: InboxEvent): Promise<Acceptance> {
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

  private async keepApplied(tx: Tx, event: InboxEvent): Promise<Acceptance> {
    tx.send(KEEP, this.row(event, 'applied'));
    await this.apply(tx, event);
    return { verdict: 'kept', answer: event.answer };
  }

  private keepUnowned(tx: Tx, event: InboxEvent): Acceptance {
    const row = this.row(event, 'unowned');
    tx.send(KEEP, row);
    this.jobs.add(tx, ADOPT, { eventId: String(row[2]), attempt: '0' }, { inMs: 500 });
    return { verdict: 'kept', answer: event.answer };
  }

  private async stored(tx: Tx, event: InboxEvent): Promise<Acceptance> {
    const row = await tx.one<{ answer: string }>(STORED, [event.key]);
    return { verdict: 'duplicate', answer: row?.answer ?? event.answer };
  }

  private async unkept(event: InboxEvent, error: unknown): Promise<Acceptance> {
    if (error instanceof Foreign) return { verdict: 'foreign' };
    if (!isOutage(error)) {
      this.log.error('an event could not be applied and is kept as failed', error, {
        kind: event.kind,
        sid: event.sid,
      });
      const row = [...this.row(event, 'failed'), String(error).slice(0, 500)];
      const kept = await this.db
        .system('inbox', (tx) => tx.query(FAIL, row))
        .then(
          () => true,
          () => false,
        );
      if (kept) return { verdict: 'kept', answer: event.answer };
    }
    this.metrics.lostEvents.inc({ kind: event.kind });
    this.log.warn('an event was not kept: the database is away', {
      kind: event.kind,
      sid: event.sid,
    });
    return { verdict: 'lost' };
  }

  /** Applies an event in the caller's transaction, by whoever owns its kind. */
  apply(tx: Tx, event: InboxEvent): Promise<void> {
    const applier = this.appliers.get(event.kind);
    if (applier === undefined) throw new Unavailable('no-applier', `Nobody applies ${event.kind}.`);
    return applier(tx, event);
  }

  private row(event: InboxEvent, verdict: string): unknown[] {
    const { key, answer, tenantId, kind, accountSid, sid, params, context } = event;
    return [
      key,
      answer,
      newId(),
      tenantId,
      kind,
      accountSid,
      sid,
      JSON.stringify(params),
      JSON.stringify(context),
      verdict,
    ];
  }
}

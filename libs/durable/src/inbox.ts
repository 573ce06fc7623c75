import { Injectable, type OnModuleInit } from '@nestjs/common';
import {
  Db,
  isOutage,
  Log,
  Metrics,
  newId,
  NotFound,
  Tx,
  Unavailable,
  uniqueViolation,
} from '#libs/platform';

import { Jobs } from './jobs.js';

/** One webhook, as the edge read it: verified, its shape checked, its answer decided. */
export interface InboxEvent {
  /** Account, kind, SID, step in our URL, status: signed values only. */
  readonly key: string;
  readonly kind: string;
  readonly accountSid: string;
  /** The call's or message's SID that it is about. */
  readonly sid: string;
  /** Null when the request itself does not tell; then it waits until its parent is known. */
  readonly tenantId: string | null;
  readonly params: Readonly<Record<string, string>>;
  /** What our URL carried: a phone number's id, an attempt's id, a step. */
  readonly context: Readonly<Record<string, string>>;
  /** The TwiML that a repeated delivery gets again. */
  readonly answer: string;
}

/** What became of it. `lost`: answered all the same, but nothing keeps it. */
export type Acceptance =
  | { readonly verdict: 'kept' | 'duplicate'; readonly answer: string }
  | { readonly verdict: 'foreign' | 'lost' };

/** Applies an event inside the transaction that keeps it: natural keys, no waiting, blind to order. */
export type Applier = (tx: Tx, event: InboxEvent) => Promise<void>;

/** Thrown by an applier: the event is about a call or message of somebody else. Nothing is kept of it. */
export class Foreign extends Error {}

/** How long a webhook waits for PostgreSQL before it is answered without, in milliseconds. */
const ANSWER_WITHIN_MS = 200;
/** How long the database may take for it all the same. */
const KEEP_WITHIN_MS = 4_000;
const UNOWNED_RETRY_MS = [1_000, 5_000, 30_000, 120_000];

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
const READ = `
  select kind, key, account_sid as "accountSid", sid, tenant_id as "tenantId", params, context, verdict, attempts, '' as answer
  from webhook_events where id = $1`;
const SETTLE = `
  update webhook_events set verdict = $2, error = $3, tenant_id = coalesce($4::uuid, tenant_id), attempts = attempts + 1
  where id = $1 and verdict in ('failed', 'unowned')`;

type Stored = InboxEvent & { readonly verdict: string; readonly attempts: number } & Record<string, unknown>;

/** Keeps every webhook event once, with its answer, and applies it in the same transaction. */
@Injectable()
export class Inbox implements OnModuleInit {
  private readonly appliers = new Map<string, Applier>();
  private ownerOf: (sid: string, accountSid: string) => Promise<string | null> = () => Promise.resolve(null);

  constructor(
    private readonly db: Db,
    private readonly jobs: Jobs,
    private readonly log: Log,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    this.jobs.handle('inbox.adopt', ({ eventId = '', attempt }) => this.adopt(eventId, Number(attempt)));
  }

  /** Says who applies a kind of event: the one module that owns it. */
  on(kind: string, applier: Applier): void {
    this.appliers.set(kind, applier);
  }

  /** Says how a SID's tenant is found, for events that came before their parent. */
  findOwnersBy(ownerOf: (sid: string, accountSid: string) => Promise<string | null>): void {
    this.ownerOf = ownerOf;
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
      timer = setTimeout(() => resolve({ verdict: 'kept', answer: event.answer }), ANSWER_WITHIN_MS);
    });
    return Promise.race([keeping, deadline]).finally(() => clearTimeout(timer));
  }

  /** Applies a failed event again. @throws NotFound when the tenant has no such failed event. */
  async replay(tenantId: string, id: string): Promise<void> {
    await this.db.transaction(tenantId, async (tx) => {
      const event = await tx.one<Stored>(`${READ} and tenant_id = $2 for update`, [id, tenantId]);
      if (event?.verdict !== 'failed') throw new NotFound();
      await this.apply(tx, event);
      tx.send(SETTLE, [id, 'applied', null, null]);
    });
  }

  /** Gives a failed event up, visibly. @throws NotFound as above. */
  async discard(tenantId: string, id: string): Promise<void> {
    const settled = await this.db.transaction(tenantId, (tx) =>
      tx.one(`${SETTLE} and tenant_id = $5 and verdict = 'failed' returning id`, [
        id,
        'discarded',
        null,
        null,
        tenantId,
      ]),
    );
    if (settled === undefined) throw new NotFound();
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
    this.jobs.add(tx, 'inbox.adopt', { eventId: String(row[2]), attempt: '0' }, { inMs: 500 });
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
    this.log.warn('an event was answered but not kept: the database is away', {
      kind: event.kind,
      sid: event.sid,
    });
    return { verdict: 'lost' };
  }

  private async adopt(eventId: string, attempt: number): Promise<void> {
    const event = await this.db.system('inbox', (tx) => tx.one<Stored>(READ, [eventId]));
    if (event?.verdict !== 'unowned') return;
    const tenantId = await this.ownerOf(event.sid, event.accountSid);
    if (tenantId === null) return this.waitForOwner(eventId, attempt);
    await this.db.transaction(tenantId, async (tx) => {
      await this.apply(tx, { ...event, tenantId });
    });
    await this.db.system('inbox', (tx) => tx.query(SETTLE, [eventId, 'applied', null, tenantId]));
  }

  private async waitForOwner(eventId: string, attempt: number): Promise<void> {
    const inMs = UNOWNED_RETRY_MS[attempt];
    await this.db.system('inbox', (tx) => {
      if (inMs === undefined) tx.send(SETTLE, [eventId, 'dropped', 'nobody knows this SID', null]);
      else this.jobs.add(tx, 'inbox.adopt', { eventId, attempt: String(attempt + 1) }, { inMs });
    });
  }

  private apply(tx: Tx, event: InboxEvent): Promise<void> {
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

import { Injectable } from '@nestjs/common';
import { Events, Jobs } from '#libs/durable';
import { Tx } from '#libs/platform';
import { Sms } from '#libs/sms';
import { Tenants } from '#libs/tenants';

import { COLUMNS, conversationView } from '../conversation-view.js';
import type { Conversation } from '../conversation.entity.js';
import { SEEN_TO } from '../ai-turn.domain.js';
import { Thread, type Row } from '../thread.js';
import { endsEpoch, step, type ConversationEvent, type Effect, type Handler } from './handler.domain.js';

/** Before everything else: an alarm that is a second late broke its word, and one of them serves all that are due. */
const TAKEOVER_PRIORITY = -30;
const RAISE = `
  update conversations set handler = $3, epoch = epoch + 1 where tenant_id = $1 and id = any($2::uuid[]) returning ${COLUMNS}`;
const ARM = `
  update conversations set waiting_since = coalesce(waiting_since, $3),
    ai_takeover_at = coalesce(ai_takeover_at, coalesce(waiting_since, $3) + make_interval(secs => $4))
  where tenant_id = $1 and id = $2 returning ai_takeover_at as "at"`;
const WAIT = `
  update conversations set waiting_since = coalesce(waiting_since, $3) where tenant_id = $1 and id = any($2::uuid[])`;
const DISARM = 'update conversations set ai_takeover_at = null where tenant_id = $1 and id = any($2::uuid[])';
const WAITING = `
  select id from conversations where tenant_id = $1 and id = any($2::uuid[]) and waiting_since is not null`;
const ANSWERED = `
  update conversations set waiting_since = null, held_since = null, ai_takeover_at = null where tenant_id = $1 and id = $2`;
/** Since the first text that asks for something and came after what was answered last. */
const WAITS_AGAIN = `
  update conversations c set held_since = null, waiting_since = coalesce(waiting_since, (
    select min(i.created_at) from messages i where i.tenant_id = $1 and i.conversation_id = $2 and i.author = 'customer'
      and (i.wish is null or i.wish <> all($3)) and i.created_at > coalesce((
        select max(a.created_at) from messages a where a.tenant_id = $1 and a.conversation_id = $2
          and a.author in ('human', 'ai') and a.purpose <> 'scheduled'
          and a.status not in ('suppressed', 'canceled', 'failed')), '-infinity')))
  where tenant_id = $1 and id = $2`;
const BAR = 'update conversations set ai_barred = $3 where tenant_id = $1 and id = $2';
const CLOSE = `
  update conversations set status = 'closed', closed_at = clock_timestamp(), waiting_since = null, held_since = null
  where tenant_id = $1 and id = $2 returning ${COLUMNS}`;

const idsOf = (rows: readonly Conversation[]): readonly string[] => rows.map(({ id }) => id);

/** The steps of the handler's table, carried out under the rows' locks: one conversation, or many of a tenant at once. */
@Injectable()
export class HandlerSteps {
  constructor(
    private readonly jobs: Jobs,
    private readonly events: Events,
    private readonly tenants: Tenants,
    private readonly thread: Thread,
    private readonly sms: Sms,
  ) {}

  /** Takes one step of a locked conversation and carries out its effects, all or nothing. */
  async apply(tx: Tx, before: Row, event: ConversationEvent, at: Date): Promise<Row> {
    const [after] = await this.applyAll(tx, [before], event, at);
    if (after === undefined) throw new Error('The conversation is gone.');
    return after;
  }

  /** The same step of many locked conversations of the transaction's tenant. */
  async applyAll(
    tx: Tx,
    before: readonly Row[],
    event: ConversationEvent,
    at: Date,
  ): Promise<readonly Row[]> {
    const after: Row[] = [];
    for (const [handler, group] of Map.groupBy(before, (row) => row.handler))
      after.push(...(await this.pass(tx, group, { from: handler, event, at })));
    return after;
  }

  /** Whether the tenant has switched its AI off: by its row, for a timer that is put out is not lit again. */
  async isAiOff(tx: Tx): Promise<boolean> {
    return !(await this.tenants.now(tx)).settings.aiEnabled;
  }

  /** Takes a locked conversation from the AI, if its tenant has switched that off. @returns it as it is then */
  async takeFromAi(tx: Tx, before: Row): Promise<Row> {
    if (before.handler !== 'ai' || !(await this.isAiOff(tx))) return before;
    return this.apply(tx, before, 'ai-off', before.createdAt);
  }

  /** Somebody of the business, or the AI, has answered: nobody waits any more. */
  answered(tx: Tx, id: string): void {
    tx.send(ANSWERED, [tx.tenantId, id]);
  }

  /** Keeps the AI off until a human gives the conversation back, or lets it in again. */
  bar(tx: Tx, id: string, barred: boolean): void {
    tx.send(BAR, [tx.tenantId, id, barred]);
  }

  /** Somebody waits, and no timer runs for it. */
  wait(tx: Tx, id: string, since: Date): void {
    tx.send(WAIT, [tx.tenantId, [id], since]);
  }

  /** Takes the last step of a conversation: automatic texts that wait are canceled, nobody waits. */
  async close(tx: Tx, before: Row): Promise<void> {
    await this.apply(tx, before, 'closed', before.createdAt);
    const closed = await tx.one<Row>(CLOSE, [tx.tenantId, before.id]);
    if (closed === undefined) throw new Error('The conversation is gone.');
    const data = { ...conversationView(closed) };
    this.events.publish(tx, { type: 'conversation.closed', subjectId: before.id, data });
  }

  private async pass(
    tx: Tx,
    group: readonly Row[],
    { from, event, at }: { readonly from: Handler; readonly event: ConversationEvent; readonly at: Date },
  ): Promise<readonly Row[]> {
    const taken = step(from, event);
    const { handler, effects } = taken;
    if (effects.includes('disarm')) tx.send(DISARM, [tx.tenantId, idsOf(group)]);
    const after = endsEpoch(from, taken)
      ? await tx.query<Row>(RAISE, [tx.tenantId, idsOf(group), handler])
      : group;
    for (const effect of effects) await this.perform(tx, after, effect, at);
    if (handler !== from) this.tell(tx, after, from, event);
    return after;
  }

  private async perform(tx: Tx, rows: readonly Row[], effect: Effect, at: Date): Promise<void> {
    switch (effect) {
      case 'arm-takeover':
        return this.arm(tx, rows, at, 'aiTakeoverSeconds');
      case 'arm-reclaim':
        return this.arm(tx, rows, at, 'aiReclaimSeconds');
      case 'note-waiting':
        tx.send(WAIT, [tx.tenantId, idsOf(rows), at]);
        return;
      case 'cancel-automatic':
        return this.cancelAutomatic(tx, rows);
      case 'ask-dispatcher':
        return this.askDispatcher(tx, rows);
      case 'disarm':
      case 'raise-epoch':
        return;
    }
  }

  /** An answer that was canceled before it left was none: the customer waits as if it had never been written. */
  private async cancelAutomatic(tx: Tx, rows: readonly Row[]): Promise<void> {
    for (const { contactId, id } of rows) {
      const isUnanswered = await this.sms.cancelAutomatic(tx, contactId, id);
      if (isUnanswered) tx.send(WAITS_AGAIN, [tx.tenantId, id, SEEN_TO]);
    }
  }

  /** The first unanswered text starts the wait; more texts do not start it again. */
  private async arm(
    tx: Tx,
    rows: readonly Row[],
    at: Date,
    wait: 'aiTakeoverSeconds' | 'aiReclaimSeconds',
  ): Promise<void> {
    const { settings } = await this.tenants.now(tx);
    const seconds = settings.aiEnabled ? settings[wait] : null;
    for (const row of rows) {
      if (seconds === null || row.aiBarred) tx.send(WAIT, [tx.tenantId, [row.id], at]);
      else await this.armOne(tx, row, at, seconds);
    }
  }

  private async armOne(tx: Tx, row: Row, at: Date, seconds: number): Promise<void> {
    const armed = await tx.one<{ at: Date }>(ARM, [tx.tenantId, row.id, at, seconds]);
    if (row.aiTakeoverAt !== null || armed === undefined) return;
    const payload = { tenantId: row.tenantId, conversationId: row.id };
    this.jobs.add(tx, 'conversations.takeover', payload, { at: armed.at, priority: TAKEOVER_PRIORITY });
  }

  private async askDispatcher(tx: Tx, rows: readonly Row[]): Promise<void> {
    const waiting = await tx.query<{ id: string }>(WAITING, [tx.tenantId, idsOf(rows)]);
    const epochs = new Map(rows.map(({ id, epoch }) => [id, epoch]));
    const asks = waiting.map(({ id }) => ({
      type: 'conversation.awaits-ai',
      subjectId: id,
      data: { conversationId: id, epoch: epochs.get(id) },
    }));
    if (asks.length > 0) this.events.publish(tx, ...asks);
  }

  private tell(tx: Tx, rows: readonly Row[], from: Handler, because: ConversationEvent): void {
    const [to] = rows.map(({ handler }) => handler);
    this.thread.append(tx, idsOf(rows), { kind: 'handler', data: { from, to, because } });
    const told = rows.map((row) => ({
      type: 'conversation.handler-changed',
      subjectId: row.id,
      data: { ...conversationView(row), previousHandler: from, because },
    }));
    this.events.publish(tx, ...told);
  }
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Contacts } from '#libs/contacts';
import { Events, Jobs } from '#libs/durable';
import { Conflict, Db, Tx } from '#libs/platform';
import { Sms } from '#libs/sms';
import { Routing } from '#libs/tenants';

import { step, type ConversationEvent, type Effect } from './conversation-handler.domain.js';
import { COLUMNS, conversationView } from './conversation-view.js';
import type { Conversation } from './conversation.entity.js';
import { Thread, type Row } from './thread.js';

const PASS = `
  update conversations set handler = $3, epoch = epoch + $4 where tenant_id = $1 and id = $2 returning ${COLUMNS}`;
const ARM = `
  update conversations set waiting_since = coalesce(waiting_since, $3),
    ai_takeover_at = coalesce(ai_takeover_at, coalesce(waiting_since, $3) + make_interval(secs => $4))
  where tenant_id = $1 and id = $2 returning ai_takeover_at as "at"`;
const WAIT =
  'update conversations set waiting_since = coalesce(waiting_since, $3) where tenant_id = $1 and id = $2';
const DISARM = 'update conversations set ai_takeover_at = null where tenant_id = $1 and id = $2';
const ANSWERED = `
  update conversations set waiting_since = null, held_since = null, ai_takeover_at = null where tenant_id = $1 and id = $2`;
const BAR = 'update conversations set ai_barred = $3 where tenant_id = $1 and id = $2';
const CLOSE = `
  update conversations set status = 'closed', closed_at = clock_timestamp(), waiting_since = null
  where tenant_id = $1 and id = $2`;
const REOPEN = `update conversations set status = 'open', closed_at = null where tenant_id = $1 and id = $2`;
const WAITING = 'select 1 from conversations where tenant_id = $1 and id = $2 and waiting_since is not null';
const DUE = `
  select contact_id as "contactId" from conversations
  where tenant_id = $1 and id = $2 and status = 'open' and ai_takeover_at <= clock_timestamp()`;

/** What the conversations stand on: alarms, the event log, and the tenants' settings. */
@Injectable()
export class ConversationGround {
  constructor(
    readonly jobs: Jobs,
    readonly events: Events,
    readonly routing: Routing,
  ) {}
}

/** The handler of every conversation: one step at a time, under the row's lock. */
@Injectable()
export class Conversations implements OnModuleInit {
  constructor(
    private readonly db: Db,
    private readonly thread: Thread,
    private readonly ground: ConversationGround,
    private readonly contacts: Contacts,
    private readonly sms: Sms,
  ) {}

  onModuleInit(): void {
    this.ground.jobs.handle('conversations.takeover', ({ tenantId = '', conversationId = '' }) =>
      this.takeoverDue(tenantId, conversationId),
    );
  }

  /** Takes one step of a locked conversation and carries out its effects, all or nothing. */
  async apply(tx: Tx, before: Conversation, event: ConversationEvent, at: Date): Promise<Row> {
    const { handler, effects } = step(before.handler, event);
    const changes = handler !== before.handler;
    const raises = changes || effects.includes('raise-epoch');
    const after = await tx.one<Row>(PASS, [tx.tenantId, before.id, handler, raises ? 1 : 0]);
    if (after === undefined) throw new Error('The conversation is gone.');
    for (const effect of effects) await this.perform(tx, after, effect, at);
    if (changes) await this.tellHandler(tx, before, after, event);
    return after;
  }

  /** Somebody of the business, or the AI, has answered: nobody waits any more. */
  async answered(tx: Tx, id: string): Promise<void> {
    await tx.query(ANSWERED, [tx.tenantId, id]);
  }

  /** Keeps the AI off until a human gives the conversation back, or lets it in again. */
  async bar(tx: Tx, id: string, barred: boolean): Promise<void> {
    await tx.query(BAR, [tx.tenantId, id, barred]);
  }

  /** Somebody waits, and no timer runs for it. */
  async wait(tx: Tx, id: string, since: Date): Promise<void> {
    await tx.query(WAIT, [tx.tenantId, id, since]);
  }

  /** A human takes the conversation over. @throws NotFound, Conflict when it is closed */
  takeOver(tenantId: string, id: string): Promise<Row> {
    return this.change(tenantId, id, (tx, row) =>
      this.apply(tx, this.open(row), 'human-took-over', row.createdAt),
    );
  }

  /** Gives it back: to the AI where the tenant's AI is on, else to nobody; a waiting text is answered at once. */
  release(tenantId: string, id: string): Promise<Row> {
    return this.change(tenantId, id, async (tx, row) => {
      await this.bar(tx, id, false);
      const aiEnabled = this.ground.routing.tenant(tenantId)?.settings.aiEnabled === true;
      return this.apply(
        tx,
        { ...this.open(row), aiBarred: false },
        aiEnabled ? 'released-to-ai' : 'released',
        await tx.now(),
      );
    });
  }

  /** Closes it; automatic texts that wait are canceled. @throws NotFound */
  close(tenantId: string, id: string): Promise<Row> {
    return this.change(tenantId, id, async (tx, row) => {
      if (row.status === 'closed') return;
      const closed = await this.apply(tx, row, 'closed', row.createdAt);
      await tx.query(CLOSE, [tenantId, id]);
      const data = { ...conversationView({ ...closed, status: 'closed' }) };
      await this.ground.events.publish(tx, { type: 'conversation.closed', subjectId: id, data });
    });
  }

  /** Opens it again. @throws NotFound */
  reopen(tenantId: string, id: string): Promise<Row> {
    return this.change(tenantId, id, async (tx) => {
      await tx.query(REOPEN, [tenantId, id]);
    });
  }

  private change(tenantId: string, id: string, work: (tx: Tx, row: Row) => Promise<unknown>): Promise<Row> {
    return this.db.transaction(tenantId, async (tx) => {
      await this.contacts.hold(tx, await this.thread.contactOf(tx, id));
      await work(tx, await this.thread.lock(tx, id));
      return this.thread.lock(tx, id);
    });
  }

  private open(row: Row): Row {
    if (row.status === 'closed')
      throw new Conflict('conversation-closed', 'This conversation is closed. Reopen it first.');
    return row;
  }

  private async takeoverDue(tenantId: string, id: string): Promise<void> {
    await this.db.transaction(tenantId, async (tx) => {
      const due = await tx.one<{ contactId: string }>(DUE, [tenantId, id]);
      if (due === undefined) return;
      await this.contacts.hold(tx, due.contactId);
      const row = await this.thread.lock(tx, id);
      const now = await tx.now();
      const stillDue = row.status === 'open' && row.aiTakeoverAt !== null && row.aiTakeoverAt <= now;
      if (stillDue) await this.apply(tx, row, 'takeover-due', now);
    });
  }

  private async perform(tx: Tx, row: Row, effect: Effect, at: Date): Promise<void> {
    const settings = this.ground.routing.tenant(row.tenantId)?.settings;
    switch (effect) {
      case 'arm-takeover':
        return this.arm(tx, row, settings?.aiEnabled === true ? settings.aiTakeoverSeconds : null, at);
      case 'arm-reclaim':
        return this.arm(tx, row, settings?.aiEnabled === true ? settings.aiReclaimSeconds : null, at);
      case 'note-waiting':
        await tx.query(WAIT, [tx.tenantId, row.id, at]);
        return;
      case 'disarm':
        await tx.query(DISARM, [tx.tenantId, row.id]);
        return;
      case 'cancel-automatic':
        return this.sms.cancelAutomatic(tx, row.contactId, row.id);
      case 'ask-dispatcher':
        return this.askDispatcher(tx, row);
      case 'raise-epoch':
        return;
    }
  }

  /** The first unanswered text starts the wait; more texts do not start it again. */
  private async arm(tx: Tx, row: Row, seconds: number | null, at: Date): Promise<void> {
    if (seconds === null || row.aiBarred) {
      await tx.query(WAIT, [tx.tenantId, row.id, at]);
      return;
    }
    const armed = await tx.one<{ at: Date }>(ARM, [tx.tenantId, row.id, at, seconds]);
    if (row.aiTakeoverAt !== null || armed === undefined) return;
    const payload = { tenantId: row.tenantId, conversationId: row.id };
    await this.ground.jobs.add(tx, 'conversations.takeover', payload, { at: armed.at, priority: -20 });
  }

  private async askDispatcher(tx: Tx, { id, epoch }: Row): Promise<void> {
    if ((await tx.one(WAITING, [tx.tenantId, id])) === undefined) return;
    await this.ground.events.publish(tx, {
      type: 'conversation.awaits-ai',
      subjectId: id,
      data: { conversationId: id, epoch },
    });
  }

  private async tellHandler(
    tx: Tx,
    before: Conversation,
    after: Row,
    event: ConversationEvent,
  ): Promise<void> {
    await this.thread.append(tx, after.id, {
      kind: 'handler',
      data: { from: before.handler, to: after.handler, because: event },
    });
    const data = { ...conversationView(after), previousHandler: before.handler, because: event };
    await this.ground.events.publish(tx, { type: 'conversation.handler-changed', subjectId: after.id, data });
  }
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Contacts, type KnownContact } from '#libs/contacts';
import { Events, Foreign, Inbox, type InboxEvent } from '#libs/durable';
import { newId, Tx } from '#libs/platform';

import { climbs, meaningOf, type MessageStatus } from './message.domain.js';
import type { Message } from './message.entity.js';
import { COLUMNS, messageEvent } from './message-view.js';
import { Outgoing } from './outgoing.js';

type Row = Message & Record<string, unknown>;

const CONTACT_OF = `select contact_id as "contactId" from messages where tenant_id = $1 and id = $2`;
const LOCK = `select ${COLUMNS} from messages where tenant_id = $1 and id = $2 for update`;
const ATTEMPT = `select message_sid as "sid", outcome from message_attempts where tenant_id = $1 and id = $2 and message_id = $3`;
const KEEP = `
  insert into message_statuses (id, tenant_id, message_id, attempt_id, status, error_code) values ($1, $2, $3, $4, $5, $6)`;
const CLIMB = `
  update messages set status = $3, error_code = coalesce($4, error_code),
    delivered_at = case when $3 = 'delivered' then coalesce(delivered_at, clock_timestamp()) else delivered_at end
  where tenant_id = $1 and id = $2 returning ${COLUMNS}`;
const FAILED: readonly MessageStatus[] = ['failed', 'undelivered'];

/** Applies what Twilio says of texts that we sent: bound by the attempt in our URL, climbing by rank. */
@Injectable()
export class Delivery implements OnModuleInit {
  constructor(
    private readonly inbox: Inbox,
    private readonly outgoing: Outgoing,
    private readonly contacts: Contacts,
    private readonly events: Events,
  ) {}

  onModuleInit(): void {
    this.inbox.on('sms.status', (tx, event) => this.apply(tx, event));
  }

  private async apply(tx: Tx, { sid, params, context }: InboxEvent): Promise<void> {
    const { messageId = '', attemptId = '' } = context;
    const { contact, message } = await this.locked(tx, messageId, sid);
    await this.bind(tx, message, attemptId, sid);
    const { ErrorCode: code = null, MessageStatus: said = '' } = params;
    await tx.query(KEEP, [newId(), tx.tenantId, messageId, attemptId, said.slice(0, 40), code]);
    const failed = await this.climb(tx, messageId, meaningOf(said), code);
    if (failed) await this.outgoing.learn(tx, contact, code);
  }

  private async locked(
    tx: Tx,
    messageId: string,
    sid: string,
  ): Promise<{ contact: KnownContact; message: Row }> {
    const known = await tx.one<{ contactId: string }>(CONTACT_OF, [tx.tenantId, messageId]);
    if (known === undefined) throw new Foreign(sid);
    const contact = await this.contacts.hold(tx, known.contactId);
    const message = await tx.one<Row>(LOCK, [tx.tenantId, messageId]);
    if (message === undefined) throw new Foreign(sid);
    return { contact, message };
  }

  /** A callback may come before the answer to the create: it proves acceptance, and names the SID. */
  private async bind(tx: Tx, message: Message, attemptId: string, sid: string): Promise<void> {
    const attempt = await tx.one<{ sid: string | null; outcome: string }>(ATTEMPT, [
      tx.tenantId,
      attemptId,
      message.id,
    ]);
    if (attempt === undefined || (attempt.sid !== null && attempt.sid !== sid)) throw new Foreign(sid);
    if (attempt.sid === null) await this.outgoing.accepted(tx, message, attemptId, sid);
  }

  /** Whether the message came to a failure by this word. */
  private async climb(
    tx: Tx,
    messageId: string,
    to: MessageStatus | null,
    code: string | null,
  ): Promise<boolean> {
    const message = await tx.one<Row>(LOCK, [tx.tenantId, messageId]);
    if (message === undefined || to === null || !climbs(message.status, to)) return false;
    const now = await tx.one<Row>(CLIMB, [tx.tenantId, messageId, to, code]);
    if (now === undefined) return false;
    await this.events.publish(tx, { type: 'message.status', subjectId: messageId, data: messageEvent(now) });
    return FAILED.includes(to);
  }
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Contacts } from '#libs/contacts';
import { Events, Foreign, Inbox, type InboxEvent } from '#libs/durable';
import { newId, Tx } from '#libs/platform';

import { climbs, isFinal, meaningOf, type MessageStatus } from './message.domain.js';
import type { Message } from './message.entity.js';
import { COLUMNS, messageEvent } from './message-view.js';
import { Outgoing } from './outgoing.js';

type Row = Message & { readonly attemptSid: string | null } & Record<string, unknown>;

const CONTACT_OF = `select contact_id as "contactId" from messages where tenant_id = $1 and id = $2`;
const LOCK = `
  select ${COLUMNS}, (select message_sid from message_attempts a
    where a.tenant_id = $1 and a.id = $3 and a.message_id = $2) as "attemptSid"
  from messages m where tenant_id = $1 and id = $2
    and exists (select 1 from message_attempts a where a.tenant_id = $1 and a.id = $3 and a.message_id = $2) for update`;
/** Keeps what was said, and climbs to `$7`, or stays, when that is null. */
const CLIMB = `
  with kept as (insert into message_statuses (id, tenant_id, message_id, attempt_id, status, error_code)
    values ($3, $1, $2, $4, $5, $6))
  update messages set status = coalesce($7, status), error_code = case when $7 is null then error_code else coalesce($6, error_code) end,
    delivered_at = case when $7 = 'delivered' then coalesce(delivered_at, clock_timestamp()) else delivered_at end
  where tenant_id = $1 and id = $2 returning ${COLUMNS}`;
interface Word {
  readonly code: string | null;
  readonly said: string;
  readonly to: MessageStatus | null;
}

const FAILED: readonly (MessageStatus | null)[] = ['failed', 'undelivered'];

/** What a callback says: Twilio's word, what it means to us, and the error's code. */
const wordOf = ({
  ErrorCode: code = null,
  MessageStatus = '',
}: {
  ErrorCode?: string | null;
  MessageStatus?: string;
}): Word => ({
  code,
  said: MessageStatus.slice(0, 40),
  to: meaningOf(MessageStatus),
});

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
    const { code, said, to } = wordOf(params);
    if (FAILED.includes(to)) await this.learn(tx, messageId, code);
    const status = await this.bound(tx, messageId, attemptId, sid);
    const higher = to !== null && climbs(status, to) ? to : null;
    const values = [tx.tenantId, messageId, newId(), attemptId, said, code, higher];
    const now = await tx.one<Row>(CLIMB, values);
    if (now !== undefined && higher !== null) this.tell(tx, now, higher);
  }

  /** Only the end of a delivery is news. */
  private tell(tx: Tx, message: Message, status: MessageStatus): void {
    if (!isFinal(status)) return;
    this.events.publish(tx, {
      type: 'message.status',
      subjectId: message.id,
      data: messageEvent(message),
    });
  }

  /**
   * Locks the message and gives its status. A callback may come before the answer to the create: it proves
   * acceptance, and names the SID.
   */
  private async bound(tx: Tx, messageId: string, attemptId: string, sid: string): Promise<MessageStatus> {
    const message = await tx.one<Row>(LOCK, [tx.tenantId, messageId, attemptId]);
    if (message === undefined) throw new Foreign(sid);
    if (message.attemptSid !== null && message.attemptSid !== sid) throw new Foreign(sid);
    if (message.attemptSid === null) await this.outgoing.accepted(tx, message, attemptId, sid);
    return message.status === 'sending' ? 'accepted' : message.status;
  }

  /** What a failure says of the contact, whose lock comes before the message's. */
  private async learn(tx: Tx, messageId: string, code: string | null): Promise<void> {
    const known = await tx.one<{ contactId: string }>(CONTACT_OF, [tx.tenantId, messageId]);
    if (known !== undefined)
      await this.outgoing.learn(tx, await this.contacts.hold(tx, known.contactId), code);
  }
}

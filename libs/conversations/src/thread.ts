import { Injectable } from '@nestjs/common';
import { Events } from '#libs/durable';
import { newId, NotFound, Tx } from '#libs/platform';

import { COLUMNS, conversationView } from './conversation-view.js';
import type { Conversation } from './conversation.entity.js';

export type Row = Conversation & Record<string, unknown>;

/** The empty update locks the row and makes `returning` answer for a conversation that was there. */
const ENSURE = `
  insert into conversations (id, tenant_id, phone_number_id, contact_id, customer_number) values ($1, $2, $3, $4, $5)
  on conflict (tenant_id, phone_number_id, contact_id) do update set customer_number = excluded.customer_number
  returning ${COLUMNS}, (xmax = 0) as inserted`;
const LOCK = `select ${COLUMNS} from conversations where tenant_id = $1 and id = $2 for update`;
const CONTACT = 'select contact_id as "contactId" from conversations where tenant_id = $1 and id = $2';
const APPEND = `
  with c as (update conversations set next_seq = next_seq + 1, last_message_at = greatest(last_message_at, clock_timestamp()),
      status = 'open', closed_at = null
    where tenant_id = $1 and id = any($2::uuid[]) returning id, next_seq - 1 as seq)
  insert into conversation_entries (tenant_id, conversation_id, seq, kind, message_id, call_id, data)
  select $1, c.id, c.seq, $3, $4, $5, $6 from c`;

/** Something that happened in a conversation, in its order. */
export interface Entry {
  readonly kind: 'message' | 'call' | 'handler';
  readonly messageId?: string;
  readonly callId?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** The rows of a conversation and its entries. Lock order: contact, conversation, call, message. */
@Injectable()
export class Thread {
  constructor(private readonly events: Events) {}

  /** The one conversation of this number and customer, locked; opened when there is none. */
  async ensure(
    tx: Tx,
    phoneNumberId: string,
    contact: { readonly id: string; readonly number: string },
  ): Promise<Row> {
    const values = [newId(), tx.tenantId, phoneNumberId, contact.id, contact.number];
    const row = await tx.one<Row & { inserted: boolean }>(ENSURE, values);
    if (row === undefined) throw new Error('The conversation could not be made.');
    if (row.inserted) {
      this.events.publish(tx, {
        type: 'conversation.opened',
        subjectId: row.id,
        data: { ...conversationView(row) },
      });
    }
    return row;
  }

  /** Whose conversation it is, without a lock. @throws NotFound */
  async contactOf(tx: Tx, id: string): Promise<string> {
    const row = await tx.one<{ contactId: string }>(CONTACT, [tx.tenantId, id]);
    if (row === undefined) throw new NotFound('conversation');
    return row.contactId;
  }

  /** Locks a conversation; its contact must be locked before. @throws NotFound */
  async lock(tx: Tx, id: string): Promise<Row> {
    const row = await tx.one<Row>(LOCK, [tx.tenantId, id]);
    if (row === undefined) throw new NotFound('conversation');
    return row;
  }

  /** Appends an entry to one conversation or to several; a closed conversation opens again. */
  append(tx: Tx, id: string | readonly string[], { kind, messageId, callId, data = {} }: Entry): void {
    const values = [tx.tenantId, [id].flat(), kind, messageId ?? null, callId ?? null, JSON.stringify(data)];
    tx.send(APPEND, values);
  }
}

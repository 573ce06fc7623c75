import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Contacts } from '#libs/contacts';
import { Events, type DomainEvent } from '#libs/durable';
import { Db } from '#libs/platform';

import { Reception, type ThreadedText } from './reception.js';
import { Thread } from './thread.js';

interface Received {
  readonly id: string;
  readonly contactId: string;
  readonly phoneNumberId: string;
}

/** Texts that wait to be threaded, oldest first: whoever comes first threads all of them, in their order. */
const UNTHREADED = `
  update messages m set conversation_id = $4 from (
    select id from messages where tenant_id = $1 and contact_id = $2 and phone_number_id = $3 and conversation_id is null
    order by created_at, id for update) u
  where m.tenant_id = $1 and m.id = u.id returning m.id, m.body, m.wish, m.created_at as "createdAt",
    m.answered_by_twilio as "answeredByTwilio"`;

/** Threads what customers text, and takes the conversation's next step for each. */
@Injectable()
export class CustomerTextsListener implements OnModuleInit {
  constructor(
    private readonly db: Db,
    private readonly events: Events,
    private readonly thread: Thread,
    private readonly contacts: Contacts,
    private readonly reception: Reception,
  ) {}

  onModuleInit(): void {
    this.events.subscribe(
      'conversations.customer-text',
      ['message.received'],
      (event) => this.onText(event),
      { priority: -20 },
    );
  }

  private async onText({ tenantId, data }: DomainEvent): Promise<void> {
    const received = data as unknown as Received;
    await this.db.transaction(tenantId, async (tx) => {
      const contact = await this.contacts.hold(tx, received.contactId);
      const conversation = await this.thread.ensure(tx, received.phoneNumberId, contact);
      const values = [tenantId, contact.id, received.phoneNumberId, conversation.id];
      const texts = await tx.query<ThreadedText>(UNTHREADED, values);
      for (const text of texts.toSorted(
        (a, b) => a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1),
      )) {
        this.thread.append(tx, conversation.id, { kind: 'message', messageId: text.id });
        const now = await this.thread.lock(tx, conversation.id);
        await this.reception.take(tx, {
          conversation: now,
          contact,
          text,
        });
      }
    });
  }
}

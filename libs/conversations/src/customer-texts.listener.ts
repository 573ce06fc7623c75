import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Contacts, type KnownContact } from '#libs/contacts';
import type { DomainEvent } from '#libs/durable';
import { Db, Tx } from '#libs/platform';
import type { Message } from '#libs/sms';

import { ConversationGround, Conversations } from './conversations.js';
import { emergencyOf } from './emergency.domain.js';
import { FixedTexts } from './fixed-texts.js';
import { Thread, type Row } from './thread.js';

interface Received {
  readonly id: string;
  readonly contactId: string;
  readonly phoneNumberId: string;
  readonly answeredByTwilio: boolean;
}

type Text = Pick<Message, 'id' | 'body' | 'wish' | 'createdAt'> & Record<string, unknown>;

/** Texts that wait to be threaded, oldest first: whoever comes first threads all of them, in their order. */
const UNTHREADED = `
  update messages m set conversation_id = $4 from (
    select id from messages where tenant_id = $1 and contact_id = $2 and phone_number_id = $3 and conversation_id is null
    order by created_at, id for update) u
  where m.tenant_id = $1 and m.id = u.id returning m.id, m.body, m.wish, m.created_at as "createdAt"`;

/** What one text means for its conversation. */
@Injectable()
export class Reception {
  constructor(
    private readonly conversations: Conversations,
    private readonly fixed: FixedTexts,
  ) {}

  /** Takes the step that the text asks for: a keyword, an emergency, or simply somebody waiting. */
  async take(tx: Tx, arrival: Arrival): Promise<void> {
    const { conversation, contact, text } = arrival;
    switch (text.wish) {
      case 'stop':
      case 'opt-out':
        await this.conversations.apply(tx, conversation, 'opted-out', text.createdAt);
        await this.conversations.answered(tx, conversation.id);
        return this.fixed.confirmOptOut(tx, arrival);
      case 'help':
        return arrival.answeredByTwilio || contact.optedOutAt !== null
          ? undefined
          : this.fixed.help(tx, arrival);
      case 'start':
        return;
      case 'ambiguous':
        return this.bar(tx, arrival);
      case null:
        return this.wrote(tx, arrival);
    }
  }

  private async wrote(tx: Tx, arrival: Arrival): Promise<void> {
    const { conversation, contact, text } = arrival;
    const category = emergencyOf(text.body);
    if (category !== null && contact.optedOutAt === null) {
      await this.bar(tx, arrival);
      return this.fixed.emergency(tx, arrival, category);
    }
    if (contact.optedOutAt !== null || contact.blocked) return;
    await this.conversations.apply(tx, conversation, 'customer-wrote', text.createdAt);
  }

  /** To a human, with no timer and no automatic text. */
  private async bar(tx: Tx, { conversation, text }: Arrival): Promise<void> {
    await this.conversations.bar(tx, conversation.id, true);
    const after = await this.conversations.apply(
      tx,
      { ...conversation, aiBarred: true },
      'barred',
      text.createdAt,
    );
    await this.conversations.wait(tx, after.id, text.createdAt);
  }
}

/** Threads what customers text, and takes the conversation's next step for each. */
@Injectable()
export class CustomerTextsListener implements OnModuleInit {
  constructor(
    private readonly db: Db,
    private readonly ground: ConversationGround,
    private readonly thread: Thread,
    private readonly contacts: Contacts,
    private readonly reception: Reception,
  ) {}

  onModuleInit(): void {
    this.ground.events.subscribe(
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
      const texts = await tx.query<Text>(UNTHREADED, values);
      for (const text of texts.toSorted(
        (a, b) => a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1),
      )) {
        await this.thread.append(tx, conversation.id, { kind: 'message', messageId: text.id });
        const now = await this.thread.lock(tx, conversation.id);
        await this.reception.take(tx, {
          conversation: now,
          contact,
          text,
          answeredByTwilio: received.answeredByTwilio,
        });
      }
    });
  }
}

interface Arrival {
  readonly conversation: Row;
  readonly contact: KnownContact;
  readonly text: Text;
  readonly answeredByTwilio: boolean;
}

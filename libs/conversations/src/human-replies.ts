import { Injectable } from '@nestjs/common';
import { Contacts, type KnownContact } from '#libs/contacts';
import { Db, Invalid, newId, Rejected, Tx } from '#libs/platform';
import { messageView, Sms, type Draft, type Message, type MessageView, type Refusal } from '#libs/sms';
import { isAllowedDestination } from '#libs/twilio';

import type { ReplyBody, SendMessageBody } from './conversation.dto.js';
import { ConversationGround, Conversations } from './conversations.js';
import type { Conversation } from './conversation.entity.js';
import { Thread } from './thread.js';

const LONGEST_AHEAD_DAYS = 35;

/** Why the API refuses a text, as codes of contract.md, section 4. */
const REFUSALS: Readonly<Record<Refusal, readonly [string, string]>> = {
  suspended: ['tenant-suspended', 'This tenant is suspended: nothing is sent.'],
  'opted-out': ['recipient-opted-out', 'This customer asked for no more texts.'],
  blocked: ['recipient-blocked', 'This contact is blocked.'],
  'not-textable': ['recipient-not-textable', 'Texts do not arrive at this number.'],
  landline: ['recipient-not-textable', 'This number is a landline.'],
  'destination-not-allowed': ['destination-not-allowed', 'This hub does not text this destination.'],
  loop: ['routing-loop', 'This is a number of the hub itself.'],
  'rate-capped': ['rate-capped', 'Too many texts were sent. Try again later, or raise the cap.'],
};

const OWN_NUMBER =
  'select id, number from phone_numbers where tenant_id = $1 and ($2::text is null or number = $2) order by created_at, id limit 1';
const KNOWN_NUMBER = `
  select n.id, n.number from conversations c join phone_numbers n on n.tenant_id = c.tenant_id and n.id = c.phone_number_id
  where c.tenant_id = $1 and c.customer_number = $2 order by c.last_message_at desc nulls last limit 1`;

/** The parts of writing: whose number, which thread, and the text itself. */
@Injectable()
export class ReplyDesk {
  constructor(
    private readonly ground: ConversationGround,
    private readonly thread: Thread,
    private readonly contacts: Contacts,
    private readonly sms: Sms,
  ) {}

  /** @throws Rejected for a destination that the hub does not reach */
  checkDestination(to: string): void {
    if (!isAllowedDestination(to, this.sms.allowed))
      throw new Rejected(...REFUSALS['destination-not-allowed']);
    if (this.ground.routing.isHubNumber(to)) throw new Rejected(...REFUSALS.loop);
  }

  /** Contact and conversation, locked in this order. @throws NotFound */
  async locked(
    tx: Tx,
    conversationId: string,
  ): Promise<{ contact: KnownContact; conversation: Conversation }> {
    const contact = await this.contacts.hold(tx, await this.thread.contactOf(tx, conversationId));
    return { contact, conversation: await this.thread.lock(tx, conversationId) };
  }

  async opened(
    tx: Tx,
    phoneNumberId: string,
    to: string,
  ): Promise<{ contact: KnownContact; conversation: Conversation }> {
    const contact = await this.contacts.ensure(tx, to);
    return { contact, conversation: await this.thread.ensure(tx, phoneNumberId, contact) };
  }

  /** The id of the number to write from. @throws Rejected when it is not the tenant's */
  async senderFor(tx: Tx, from: string | null, to: string): Promise<string> {
    const known = from === null ? await tx.one<{ id: string }>(KNOWN_NUMBER, [tx.tenantId, to]) : undefined;
    const own = known ?? (await tx.one<{ id: string }>(OWN_NUMBER, [tx.tenantId, from]));
    if (own === undefined) throw new Rejected('unknown-sender', 'from takes a number of this tenant.');
    return own.id;
  }

  /** Queues a human's text and threads it. @throws Rejected when a rule says no */
  async send(
    tx: Tx,
    { id: conversationId, phoneNumberId }: Conversation,
    contact: KnownContact,
    given: {
      readonly body: string;
      readonly mediaUrls?: readonly string[];
      readonly purpose: 'reply' | 'scheduled';
      readonly at?: Date;
    },
  ): Promise<Message> {
    const { body, mediaUrls = [], purpose, at } = given;
    const draft: Draft = {
      conversationId,
      contact,
      phoneNumberId,
      author: 'human',
      purpose,
      body,
      mediaUrls,
      epoch: null,
      dedupKey: `human:${newId()}`,
    };
    const { message, refusal } = await this.sms.send(tx, at === undefined ? draft : { ...draft, sendAt: at });
    if (refusal !== null) throw new Rejected(...REFUSALS[refusal]);
    await this.thread.append(tx, conversationId, { kind: 'message', messageId: message.id });
    return message;
  }
}

/** What people of the business write; whoever writes takes the conversation over. */
@Injectable()
export class HumanReplies {
  constructor(
    private readonly db: Db,
    private readonly ground: ConversationGround,
    private readonly conversations: Conversations,
    private readonly desk: ReplyDesk,
  ) {}

  /** A reply in a conversation. @throws NotFound, Rejected */
  reply(tenantId: string, conversationId: string, given: ReplyBody): Promise<MessageView> {
    return this.db.transaction(tenantId, async (tx) => {
      const { contact, conversation } = await this.desk.locked(tx, conversationId);
      const message = await this.desk.send(tx, conversation, contact, { ...given, purpose: 'reply' });
      await this.conversations.apply(tx, conversation, 'human-wrote', message.createdAt);
      await this.conversations.answered(tx, conversationId);
      return messageView(message);
    });
  }

  /** A text to anybody; opens or joins the conversation. @throws Rejected, Invalid */
  async write(tenantId: string, given: SendMessageBody, from?: string): Promise<MessageView> {
    const sendAt = given.sendAt === undefined ? null : new Date(given.sendAt);
    this.desk.checkDestination(given.to);
    return this.db.transaction(tenantId, async (tx) => {
      if (sendAt !== null) this.checkTime(sendAt, await tx.now());
      const number = await this.desk.senderFor(tx, from ?? given.from ?? null, given.to);
      const { contact, conversation } = await this.desk.opened(tx, number, given.to);
      const purpose = sendAt === null ? 'reply' : 'scheduled';
      const message = await this.desk.send(tx, conversation, contact, {
        ...given,
        purpose,
        ...(sendAt === null ? {} : { at: sendAt }),
      });
      if (sendAt === null) {
        await this.conversations.apply(tx, conversation, 'human-wrote', message.createdAt);
        await this.conversations.answered(tx, conversation.id);
      }
      return messageView(message);
    });
  }

  private checkTime(sendAt: Date, now: Date): void {
    const days = (sendAt.getTime() - now.getTime()) / 86_400_000;
    if (days > 0 && days <= LONGEST_AHEAD_DAYS) return;
    const message = `takes a time in the future, up to ${LONGEST_AHEAD_DAYS} days ahead`;
    throw new Invalid(`sendAt ${message}.`, [{ path: 'sendAt', message }]);
  }
}

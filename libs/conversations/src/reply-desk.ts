import { Injectable } from '@nestjs/common';
import { Contacts, type KnownContact } from '#libs/contacts';
import { Rejected, Tx } from '#libs/platform';
import { Sms, type Draft, type Queued, type Refusal } from '#libs/sms';
import { Routing } from '#libs/tenants';
import { isAllowedDestination } from '#libs/twilio';

import { Thread, type Row } from './thread.js';

/** A human's text. */
interface Written {
  readonly body: string;
  readonly mediaUrls?: readonly string[];
  readonly purpose: 'reply' | 'scheduled';
  readonly at?: Date;
  /** What asks for it twice means one text. */
  readonly intent: string;
}

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
    private readonly routing: Routing,
    private readonly thread: Thread,
    private readonly contacts: Contacts,
    private readonly sms: Sms,
  ) {}

  /** @throws Rejected for a destination that the hub does not reach */
  checkDestination(to: string): void {
    if (!isAllowedDestination(to, this.sms.allowed))
      throw new Rejected(...REFUSALS['destination-not-allowed']);
    if (this.routing.isHubNumber(to)) throw new Rejected(...REFUSALS.loop);
  }

  /** Contact and conversation, locked in this order. @throws NotFound */
  async locked(tx: Tx, conversationId: string): Promise<{ contact: KnownContact; conversation: Row }> {
    const contact = await this.contacts.hold(tx, await this.thread.contactOf(tx, conversationId));
    return { contact, conversation: await this.thread.lock(tx, conversationId) };
  }

  async opened(
    tx: Tx,
    phoneNumberId: string,
    to: string,
  ): Promise<{ contact: KnownContact; conversation: Row }> {
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

  /** Queues a human's text and threads it, once for each intent. @throws Rejected when a rule says no */
  async send(
    tx: Tx,
    { id: conversationId, phoneNumberId }: Row,
    contact: KnownContact,
    { body, mediaUrls = [], purpose, at, intent }: Written,
  ): Promise<Pick<Queued, 'message' | 'isNew'>> {
    const draft: Draft = {
      conversationId,
      contact,
      phoneNumberId,
      author: 'human',
      purpose,
      body,
      mediaUrls,
      epoch: null,
      dedupKey: `human:${intent}`,
    };
    const queued = await this.sms.send(tx, at === undefined ? draft : { ...draft, sendAt: at });
    const { message, isNew, refusal } = queued;
    if (refusal !== null) throw new Rejected(...REFUSALS[refusal]);
    if (isNew) this.thread.append(tx, conversationId, { kind: 'message', messageId: message.id });
    return { message, isNew };
  }
}

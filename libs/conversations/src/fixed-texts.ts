import { Injectable } from '@nestjs/common';
import { Contacts, type KnownContact } from '#libs/contacts';
import { Events } from '#libs/durable';
import { Tx } from '#libs/platform';
import { Sms, type Message } from '#libs/sms';
import { Routing } from '#libs/tenants';

import type { Conversation } from './conversation.entity.js';
import { EMERGENCY_TEXT } from './emergency.domain.js';
import { Thread } from './thread.js';
import { wordingOf } from './wording.domain.js';

/** The customer's text that is answered. */
interface Answering {
  readonly conversation: Conversation;
  readonly contact: KnownContact;
  readonly text: Pick<Message, 'id' | 'body'>;
}

type Fixed = 'help' | 'opt-out-confirmation' | 'holding' | 'emergency';

/** The texts that no AI writes. */
@Injectable()
export class FixedTexts {
  constructor(
    private readonly events: Events,
    private readonly routing: Routing,
    private readonly thread: Thread,
    private readonly contacts: Contacts,
    private readonly sms: Sms,
  ) {}

  /** One confirmation, where Twilio gives none (47 CFR 64.1200(a)(12) allows one within five minutes). */
  async confirmOptOut(tx: Tx, answering: Answering): Promise<void> {
    await this.say(tx, answering, 'opt-out-confirmation', this.worded(answering, 'opt-out-confirmation'));
  }

  async help(tx: Tx, answering: Answering): Promise<void> {
    await this.say(tx, answering, 'help', this.worded(answering, 'help'));
  }

  /** Says that a person follows, once per waiting time. */
  async hold(tx: Tx, answering: Answering): Promise<void> {
    const note = `update conversations set held_since = clock_timestamp()
      where tenant_id = $1 and id = $2 and held_since is null returning id`;
    const first = await tx.one(note, [tx.tenantId, answering.conversation.id]);
    if (first !== undefined) await this.say(tx, answering, 'holding', this.worded(answering, 'holding'));
  }

  /** The fixed answer that says to call 911, and a text to each emergency contact of the business. */
  async emergency(tx: Tx, answering: Answering, category: string): Promise<void> {
    const { conversation, contact } = answering;
    const tenant = this.routing.tenant(conversation.tenantId);
    await this.say(
      tx,
      answering,
      'emergency',
      EMERGENCY_TEXT[this.language(answering) === 'es' ? 'es' : 'en'],
    );
    const data = { conversationId: conversation.id, category, customerNumber: contact.number };
    this.events.publish(tx, { type: 'emergency.detected', subjectId: conversation.id, data });
    for (const number of tenant?.settings.emergencyContacts ?? [])
      await this.alert(tx, answering, number, category);
  }

  private async alert(
    tx: Tx,
    { conversation, contact, text }: Answering,
    number: string,
    category: string,
  ): Promise<void> {
    const tenant = this.routing.tenant(conversation.tenantId);
    const owner = await this.contacts.ensure(tx, number);
    const line = await this.thread.ensure(tx, conversation.phoneNumberId, owner);
    const values = { business: tenant?.name ?? '', category, customer: contact.number };
    const { message } = await this.sms.send(tx, {
      conversationId: line.id,
      contact: owner,
      phoneNumberId: conversation.phoneNumberId,
      author: 'system',
      purpose: 'relay',
      body: wordingOf('alert', tenant?.language ?? 'en', values),
      dedupKey: `alert:${text.id}:${number}`,
      epoch: null,
    });
    this.thread.append(tx, line.id, { kind: 'message', messageId: message.id });
  }

  private async say(
    tx: Tx,
    { conversation, contact, text }: Answering,
    purpose: Fixed,
    body: string,
  ): Promise<void> {
    const { id: conversationId, phoneNumberId, epoch } = conversation;
    const dedupKey = purpose === 'holding' ? `${purpose}:${text.id}:${epoch}` : `${purpose}:${text.id}`;
    const draft = {
      conversationId,
      contact,
      phoneNumberId,
      author: 'system',
      purpose,
      body,
      dedupKey,
      epoch: null,
    } as const;
    const { message } = await this.sms.send(tx, draft);
    this.thread.append(tx, conversationId, { kind: 'message', messageId: message.id });
  }

  private worded(answering: Answering, sheet: 'help' | 'opt-out-confirmation' | 'holding'): string {
    const { conversation } = answering;
    const tenant = this.routing.tenant(conversation.tenantId);
    const number = this.routing.routeOf(conversation.phoneNumberId)?.number.number ?? '';
    return wordingOf(sheet, this.language(answering), { business: tenant?.name ?? '', number });
  }

  private language({ conversation, contact }: Answering): string {
    return contact.language ?? this.routing.tenant(conversation.tenantId)?.language ?? 'en';
  }
}

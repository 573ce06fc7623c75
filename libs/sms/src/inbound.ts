import { Injectable, type OnModuleInit } from '@nestjs/common';
import { consentBy, Contacts, wishOf, type ConsentChange, type KnownContact } from '#libs/contacts';
import { Events, Foreign, Inbox, type InboxEvent } from '#libs/durable';
import { newId, Tx } from '#libs/platform';
import { isTextable } from '#libs/twilio';

import { segmentsOf, type Wish } from './message.domain.js';
import type { Message } from './message.entity.js';
import { COLUMNS, messageView } from './message-view.js';
import { Sms } from './sms.js';

const RECEIVE = `
  with claimed as (insert into twilio_sids (sid, tenant_id, account_sid, kind, subject_id) values ($9, $2, $11, 'message', $1)
    on conflict (sid) do nothing returning sid)
  insert into messages (id, tenant_id, contact_id, phone_number_id, direction, author, purpose, body, media, segments,
    status, dedup_key, message_sid, wish, answered_by_twilio, created_at)
  values ($1, $2, $3, $4, 'inbound', 'customer', 'reply', $5, $6, $7, 'received', $8, $9, $10, $12,
    clock_timestamp() - make_interval(secs => $13))
  on conflict (tenant_id, dedup_key) do nothing returning ${COLUMNS}, exists (select 1 from claimed) as claimed`;

type Received = Message & { readonly claimed: boolean } & Record<string, unknown>;

const MOST_MEDIA = 10;

const mediaOf = (params: Readonly<Record<string, string>>): readonly { url: string; contentType: string }[] =>
  Array.from({ length: Math.min(Number(params['NumMedia'] ?? 0), MOST_MEDIA) }, (_, index) => ({
    url: params[`MediaUrl${index}`] ?? '',
    contentType: params[`MediaContentType${index}`] ?? '',
  })).filter(({ url }) => url !== '');

/** Keeps what customers text, and obeys STOP, START and free-text refusals in the same transaction. */
@Injectable()
export class Inbound implements OnModuleInit {
  constructor(
    private readonly inbox: Inbox,
    private readonly contacts: Contacts,
    private readonly sms: Sms,
    private readonly events: Events,
  ) {}

  onModuleInit(): void {
    this.inbox.on('sms.incoming', (tx, event) => this.apply(tx, event));
  }

  private async apply(tx: Tx, event: InboxEvent): Promise<void> {
    const { params, sid } = event;
    const contact = await this.contacts.ensure(tx, params['From'] ?? '');
    if (!isTextable(contact.number)) this.contacts.markUntextable(tx, contact.id, null);
    const wish = wishOf(params['Body'] ?? '', contact.optedOutAt !== null, params['OptOutType']);
    const message = await this.keep(tx, event, contact.id, wish);
    if (message === undefined) return;
    if (!message.claimed) throw new Foreign(sid);
    await this.obey(tx, wish, contact, event);
    const { phoneNumberId } = message;
    const data = { ...messageView(message), contactId: contact.id, phoneNumberId };
    this.events.publish(tx, { type: 'message.received', subjectId: message.id, data });
  }

  private keep(tx: Tx, event: InboxEvent, contactId: string, wish: Wish): Promise<Received | undefined> {
    const { params, context, sid, accountSid, ageMs = 0 } = event;
    const { Body: body = '', OptOutType = '' } = params;
    const media = JSON.stringify(mediaOf(params));
    const ids = [newId(), tx.tenantId, contactId, context['phoneNumberId']];
    const text = [body, media, segmentsOf(body), `in:${sid}`, sid, wish];
    return tx.one<Received>(RECEIVE, [...ids, ...text, accountSid, OptOutType !== '', ageMs / 1_000]);
  }

  /** What the customer wished for between saying this and our hearing it. */
  private async since(
    tx: Tx,
    contactId: string,
    { ageMs = 0 }: InboxEvent,
  ): Promise<readonly ConsentChange[]> {
    return ageMs > 0 ? this.contacts.changedWithin(tx, contactId, ageMs / 1_000) : [];
  }

  private async obey(tx: Tx, wish: Wish, contact: KnownContact, event: InboxEvent): Promise<void> {
    const { sid, ageMs = 0 } = event;
    const consent = { source: 'text' as const, evidence: { messageSid: sid, wish: wish ?? '' } };
    const change = consentBy(wish, await this.since(tx, contact.id, event));
    if (change === 'opt-in') await this.contacts.optIn(tx, contact.id, consent, ageMs / 1_000);
    if (change !== 'opt-out') return;
    await this.contacts.optOut(tx, contact, consent);
    await this.sms.cancelAutomatic(tx, contact.id, null);
  }
}

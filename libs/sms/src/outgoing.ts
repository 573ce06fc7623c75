import { Injectable } from '@nestjs/common';
import { Contacts } from '#libs/contacts';
import { Events, Foreign } from '#libs/durable';
import { newId, Tx } from '#libs/platform';
import { Routing } from '#libs/tenants';
import { CallbackUrls, policyOf, type OutgoingText, type SendOutcome } from '#libs/twilio';

import type { Message } from './message.entity.js';
import { COLUMNS, messageEvent } from './message-view.js';
import { SendAlarm } from './send-alarm.js';

/** An attempt that is committed: from here on the text may have left. */
export interface Attempt {
  readonly id: string;
  readonly message: Message;
  readonly text: OutgoingText;
}

type Row = Message & { readonly customerNumber: string } & Record<string, unknown>;

/** A process that died with an attempt open is believed dead after this long; then the outcome is unknown. */
const OPEN_TOO_LONG_SECONDS = 45;
/** How long an unknown outcome is left to the callbacks before Twilio's list is asked. */
const SETTLE_AFTER_MS = 90_000;

/** The oldest due text of a conversation, unless an attempt of it is under way: they leave in order. */
const NEXT = `
  select ${COLUMNS}, (select number from contacts c where c.tenant_id = $1 and c.id = m.contact_id) as "customerNumber"
  from messages m where tenant_id = $1 and conversation_id = $2 and status = 'queued' and send_at <= clock_timestamp()
    and not exists (select 1 from messages s where s.tenant_id = $1 and s.conversation_id = $2 and s.status = 'sending')
  order by send_at, id limit 1`;
const OPEN = `
  select a.id, a.opened_at < clock_timestamp() - make_interval(secs => $3) as stuck
  from message_attempts a join messages m on m.tenant_id = a.tenant_id and m.id = a.message_id
  where m.tenant_id = $1 and m.conversation_id = $2 and m.status = 'sending' and a.outcome = 'open'`;
const CLAIM = `
  with m as (update messages set status = 'sending' where tenant_id = $1 and id = $2 and status = 'queued' returning id)
  insert into message_attempts (id, tenant_id, message_id) select $3, $1, id from m returning id`;
const SETTLE = `
  update message_attempts set outcome = $3, message_sid = coalesce(message_sid, $4), error_code = $5, settled_at = clock_timestamp()
  where tenant_id = $1 and id = $2 and outcome in ('open', 'unknown') returning id`;
/** Binds the SID, once; what was bound before is left as it is. */
const BIND = `
  with claimed as (insert into twilio_sids (sid, tenant_id, account_sid, kind, subject_id) values ($3, $1, $5, 'message', $2)
      on conflict (sid) do nothing returning sid),
    settled as (update message_attempts set outcome = 'accepted', message_sid = $3, settled_at = clock_timestamp()
      where tenant_id = $1 and id = $4 and outcome in ('open', 'unknown')),
    bound as (update messages set message_sid = $3, sent_at = clock_timestamp(),
        status = case when status in ('sending', 'held') then 'accepted' else status end
      where tenant_id = $1 and id = $2 and message_sid is null returning ${COLUMNS})
  select b.*, exists (select 1 from claimed) as claimed, exists (select 1 from messages q
    where q.tenant_id = $1 and q.conversation_id = b."conversationId" and q.status = 'queued') as more from bound b`;
const FAIL = `
  update messages set status = 'failed', error_code = $3 where tenant_id = $1 and id = $2 and status = 'sending'
  returning ${COLUMNS}`;
const PUT_OFF = `
  update messages set status = 'queued', send_at = clock_timestamp() + make_interval(secs => $3)
  where tenant_id = $1 and id = $2 and status = 'sending' returning send_at as "sendAt"`;
const ABSENT = `update message_attempts set outcome = 'absent', settled_at = clock_timestamp() where tenant_id = $1 and id = $2`;
const REQUEUE = `update messages set status = 'queued', send_at = clock_timestamp() where tenant_id = $1 and id = $2`;
const HOLD = `update messages set status = 'held' where tenant_id = $1 and id = $2 and status = 'sending'`;
const TRIES = 'select count(*)::int as tries from message_attempts where tenant_id = $1 and message_id = $2';

/** The rows behind a send: which text is next, its attempt, and what became of it. */
@Injectable()
export class Outgoing {
  constructor(
    private readonly alarm: SendAlarm,
    private readonly events: Events,
    private readonly contacts: Contacts,
    private readonly routing: Routing,
    private readonly urls: CallbackUrls,
  ) {}

  /** Opens an attempt of the next text. The contact is held, so a STOP comes before or after, never between. */
  async claim(tx: Tx, conversationId: string): Promise<Attempt | null> {
    const message = await tx.one<Row>(NEXT, [tx.tenantId, conversationId]);
    if (message === undefined) return this.watchOpen(tx, conversationId);
    const route = this.routing.routeOf(message.phoneNumberId);
    if (route === undefined) throw new Error('The number of this message is not known here yet.');
    const contact = await this.contacts.hold(tx, message.contactId);
    if (contact.optedOutAt !== null && message.purpose !== 'opt-out-confirmation')
      return this.withdraw(tx, message);
    const attemptId = newId();
    const claimed = await tx.one(CLAIM, [tx.tenantId, message.id, attemptId]);
    if (claimed === undefined) return null;
    const carried = { tenantId: message.tenantId, messageId: message.id, attemptId };
    const statusCallback = this.urls.to('sms/status', route.number.accountSid, carried);
    return { id: attemptId, message, text: this.textOf(message, route.number, statusCallback) };
  }

  /** Writes down what became of an attempt, and wakes whoever comes next. */
  async settle(tx: Tx, message: Message, attemptId: string, outcome: SendOutcome): Promise<void> {
    switch (outcome.kind) {
      case 'accepted':
        return this.accepted(tx, message, attemptId, outcome.sid);
      case 'refused':
        return this.refused(tx, message, attemptId, outcome.code);
      case 'put-off':
        return this.putOff(tx, message, attemptId, outcome.retryAfterMs);
      case 'not-sent':
        return this.putOff(tx, message, attemptId, 2_000);
      case 'unknown':
        return this.unknown(tx, attemptId, outcome.error);
    }
  }

  /** Twilio has it: binds the SID. Callbacks may have brought it further meanwhile. */
  async accepted(tx: Tx, message: Message, attemptId: string, sid: string): Promise<void> {
    const accountSid = this.routing.routeOf(message.phoneNumberId)?.number.accountSid ?? '';
    const values = [tx.tenantId, message.id, sid, attemptId, accountSid];
    const bound = await tx.one<Message & { claimed: boolean; more: boolean } & Record<string, unknown>>(
      BIND,
      values,
    );
    if (bound === undefined) return;
    if (!bound.claimed) throw new Foreign(sid);
    this.tell(tx, 'message.sent', bound);
    if (bound.more) this.alarm.set(tx, message.conversationId ?? '');
  }

  /** Nobody can tell whether it left: a human decides, and those behind it go on. */
  hold(tx: Tx, { id, conversationId }: Message): void {
    tx.send(HOLD, [tx.tenantId, id]);
    this.alarm.set(tx, conversationId ?? '');
  }

  /** Twilio never got it: a new attempt is made. */
  sendAgain(tx: Tx, { id, conversationId }: Message, attemptId: string): void {
    tx.send(ABSENT, [tx.tenantId, attemptId]);
    tx.send(REQUEUE, [tx.tenantId, id]);
    this.alarm.set(tx, conversationId ?? '');
  }

  private async refused(tx: Tx, message: Message, attemptId: string, code: string): Promise<void> {
    tx.send(SETTLE, [tx.tenantId, attemptId, 'refused', null, code]);
    const contact = await this.contacts.hold(tx, message.contactId);
    await this.learn(tx, contact, code);
    const failed = await tx.one<Message & Record<string, unknown>>(FAIL, [tx.tenantId, message.id, code]);
    if (failed !== undefined) this.tell(tx, 'message.status', failed);
    this.alarm.set(tx, message.conversationId ?? '');
  }

  /** What a code says of the contact (Twilio's error codes as policy). */
  async learn(
    tx: Tx,
    contact: { readonly id: string; readonly number: string },
    code: string | null,
  ): Promise<void> {
    const policy = policyOf(code);
    if (policy === 'opted-out')
      await this.contacts.optOut(tx, contact, { source: 'twilio', evidence: { code: code ?? '' } });
    if (policy === 'landline') this.contacts.markUntextable(tx, contact.id, 'landline');
    if (policy === 'not-textable') this.contacts.markUntextable(tx, contact.id, null);
  }

  private async putOff(tx: Tx, message: Message, attemptId: string, leastMs: number): Promise<void> {
    tx.send(SETTLE, [tx.tenantId, attemptId, 'put-off', null, null]);
    const count = await tx.one<{ tries: number }>(TRIES, [tx.tenantId, message.id]);
    const backOff = Math.min(60_000, 500 * 2 ** Math.min(count?.tries ?? 1, 8));
    const seconds = (leastMs + Math.random() * backOff) / 1_000;
    const row = await tx.one<{ sendAt: Date }>(PUT_OFF, [tx.tenantId, message.id, seconds]);
    if (row !== undefined) this.alarm.set(tx, message.conversationId ?? '', { at: row.sendAt });
  }

  private withdraw(tx: Tx, message: Message): null {
    tx.send(
      "update messages set status = 'canceled' where tenant_id = $1 and id = $2 and status = 'queued'",
      [tx.tenantId, message.id],
    );
    this.alarm.set(tx, message.conversationId ?? '');
    return null;
  }

  /** Nothing to send, or an attempt under way: one whose process died is unknown, a young one is looked at later. */
  private async watchOpen(tx: Tx, conversationId: string): Promise<null> {
    const open = await tx.query<{ id: string; stuck: boolean }>(OPEN, [
      tx.tenantId,
      conversationId,
      OPEN_TOO_LONG_SECONDS,
    ]);
    for (const { id, stuck } of open) {
      if (stuck) this.unknown(tx, id, 'the process ended while sending');
      else this.alarm.set(tx, conversationId, { inMs: OPEN_TOO_LONG_SECONDS * 1_000 });
    }
    return null;
  }

  private unknown(tx: Tx, attemptId: string, error: string): void {
    tx.send(SETTLE, [tx.tenantId, attemptId, 'unknown', null, error.slice(0, 200)]);
    this.alarm.look(tx, attemptId, { look: 1, absences: 0 }, SETTLE_AFTER_MS);
  }

  private tell(tx: Tx, type: string, message: Message): void {
    this.events.publish(tx, { type, subjectId: message.id, data: messageEvent(message) });
  }

  private textOf(
    message: Row,
    from: {
      readonly accountSid: string;
      readonly number: string;
      readonly messagingServiceSid: string | null;
    },
    statusCallback: string,
  ): OutgoingText {
    return {
      accountSid: from.accountSid,
      from: from.number,
      messagingServiceSid: from.messagingServiceSid,
      to: message.customerNumber,
      body: message.body,
      mediaUrls: message.media.map(({ url }) => url),
      statusCallback,
    };
  }
}

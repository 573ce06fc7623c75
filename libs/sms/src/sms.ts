import { Injectable } from '@nestjs/common';
import type { KnownContact } from '#libs/contacts';
import { Decisions, type Check } from '#libs/durable';
import { Configuration, newId, Tx } from '#libs/platform';
import { Routing } from '#libs/tenants';
import { isAllowedDestination } from '#libs/twilio';

import { segmentsOf, type Author, type Purpose } from './message.domain.js';
import type { Message } from './message.entity.js';
import { COLUMNS } from './message-view.js';
import { isAnswer } from './sending/resend.domain.js';
import { SendAlarm } from './sending/send-alarm.js';
import { mayBeSent, type Refusal, type SendingVerdict } from './sending-rules.domain.js';

/** A text to send; the contact is locked by whoever read it. */
export interface Draft {
  readonly conversationId: string;
  readonly contact: KnownContact;
  readonly phoneNumberId: string;
  readonly author: Author;
  readonly purpose: Purpose;
  readonly body: string;
  readonly mediaUrls?: readonly string[];
  /** One per intent, such as `text-back:<call id>`: queued once, however often it is asked for. */
  readonly dedupKey: string;
  /** The conversation's epoch that it was decided in; null for a text that no change of hands makes stale. */
  readonly epoch: number | null;
  readonly sendAt?: Date;
}

export interface Queued {
  readonly message: Message;
  /** False when the same was asked for before: this is the message of then. */
  readonly isNew: boolean;
  /** Why it was suppressed; null when it goes out. */
  readonly refusal: Refusal | null;
  readonly checks: readonly Check[];
}

/** What has no cap is not counted: whoever has none sends the most. */
const COUNTS = `
  select
    (select count(*)::int from messages where tenant_id = $1 and conversation_id = $2 and automatic
      and status <> 'suppressed' and created_at > now() - interval '1 hour') as "automaticLastHour",
    case when $5 then (select count(*)::int from messages where tenant_id = $1 and direction = 'outbound'
      and status <> 'suppressed' and created_at >= date_trunc('day', now() at time zone $3) at time zone $3) end as "sentToday",
    case when $6 then (select count(*)::int from messages m join contacts c on c.tenant_id = m.tenant_id and c.id = m.contact_id
      where c.tenant_id = $1 and left(c.number, -4) = left($4, -4) and m.purpose = 'text-back'
      and m.status <> 'suppressed' and m.created_at > now() - interval '10 minutes') end as "prefixTextBacks"`;
/** Whether the tenant's day, whatever its zone, may be close to its cap. */
const NEAR_THE_CAP = `
  select count(*) >= $2 as near from messages where tenant_id = $1 and direction = 'outbound' and created_at > now() - interval '25 hours'`;
const QUEUE = `
  insert into messages (id, tenant_id, conversation_id, contact_id, phone_number_id, direction, author, purpose, body,
    media, segments, status, automatic, epoch, dedup_key, suppressed_reason, send_at)
  values ($1, $2, $3, $4, $5, 'outbound', $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, coalesce($16, clock_timestamp()))
  on conflict (tenant_id, dedup_key) do nothing returning ${COLUMNS}`;
const SAME = `select ${COLUMNS} from messages where tenant_id = $1 and dedup_key = $2`;
/** Waits for who hands one of them over right now, and looks at it again as they left it. */
const CANCEL = `
  update messages set status = case status when 'queued' then 'canceled' else status end,
    recalled_at = case status when 'sending' then clock_timestamp() end
  where tenant_id = $1 and contact_id = $2 and status in ('queued', 'sending') and automatic
    and ($3::uuid is null or conversation_id = $3)
  returning status, author, purpose`;

type CanceledText = Pick<Message, 'status' | 'author' | 'purpose'> & Record<string, unknown>;

type Counts = Pick<Parameters<typeof mayBeSent>[0], 'automaticLastHour' | 'sentToday' | 'prefixTextBacks'>;

/** Counting and queueing must not be interleaved near a cap: whoever counts waits for who counted before. */
const TAKE_TURNS = 'select pg_advisory_xact_lock(hashtextextended($1, 0))';
const CAP_MARGIN = 200;

/** The only door out: every text passes the one list of rules, and is a row before it is a request. */
@Injectable()
export class Sms {
  /** The prefixes that may be texted. */
  readonly allowed: readonly string[];

  constructor(
    private readonly alarm: SendAlarm,
    private readonly decisions: Decisions,
    private readonly routing: Routing,
    settings: Configuration,
  ) {
    this.allowed = settings.ALLOWED_PREFIXES.split(',');
  }

  /** What the rules say of a draft, without sending it. */
  async judge(
    tx: Tx,
    draft: Pick<Draft, 'conversationId' | 'contact' | 'purpose' | 'author'>,
  ): Promise<SendingVerdict> {
    const tenant = this.routing.tenant(tx.tenantId ?? '');
    if (tenant === undefined) throw new Error('The tenant of this text is not known here yet.');
    const { contact, purpose, author, conversationId } = draft;
    const { dailyMessageCap, prefixTextBackCap } = tenant.settings;
    const capped = [dailyMessageCap !== null, prefixTextBackCap !== null];
    const values = [tenant.id, conversationId, tenant.timezone, contact.number, ...capped];
    const counts = await tx.one<Counts & Record<string, unknown>>(COUNTS, values);
    return mayBeSent({
      ...(counts ?? { automaticLastHour: 0, sentToday: 0, prefixTextBacks: 0 }),
      automatic: author !== 'human',
      purpose,
      suspended: tenant.status !== 'active',
      optedOut: contact.optedOutAt !== null,
      blocked: contact.blocked,
      textable: contact.textable,
      lineType: contact.lineType,
      allowedDestination: isAllowedDestination(contact.number, this.allowed),
      toHubNumber: this.routing.isHubNumber(contact.number),
      dailyMessageCap,
      prefixTextBackCap,
    });
  }

  /**
   * Queues a text in the caller's transaction, or keeps it as suppressed with the rule that refused. The same
   * `dedupKey` again gives the message of the first time.
   */
  async send(tx: Tx, draft: Draft): Promise<Queued> {
    await this.takeTurns(tx, draft);
    const { refusal, checks } = await this.judge(tx, draft);
    const automatic = draft.author !== 'human';
    const id = newId();
    const made = await tx.one<Message & Record<string, unknown>>(QUEUE, this.row(id, tx, draft, refusal));
    if (made === undefined) return this.before(tx, draft.dedupKey);
    if (automatic) this.decisions.keep(tx, id, 'send', checks);
    if (refusal === null) this.alarm.set(tx, made.conversationId ?? '', { at: made.sendAt });
    return { message: made, isNew: true, refusal, checks };
  }

  /**
   * Cancels every automatic text to a contact, or only one conversation's; one under way, should it come back.
   * @returns whether an answer to the customer, which was believed given, has not left
   */
  async cancelAutomatic(tx: Tx, contactId: string, conversationId: string | null): Promise<boolean> {
    const found = await tx.query<CanceledText>(CANCEL, [tx.tenantId, contactId, conversationId]);
    return found.some((text) => text.status === 'canceled' && isAnswer(text));
  }

  private async takeTurns(tx: Tx, { purpose, contact }: Draft): Promise<void> {
    if (purpose === 'text-back') tx.send(TAKE_TURNS, [`${tx.tenantId}/${contact.number.slice(0, -4)}`]);
    const tenant = this.routing.tenant(tx.tenantId ?? '');
    if (tenant === undefined || tenant.settings.dailyMessageCap === null) return;
    const row = await tx.one<{ near: boolean }>(NEAR_THE_CAP, [
      tenant.id,
      tenant.settings.dailyMessageCap - CAP_MARGIN,
    ]);
    if (row?.near === true) tx.send(TAKE_TURNS, [`${tenant.id}/day`]);
  }

  private async before(tx: Tx, dedupKey: string): Promise<Queued> {
    const message = await tx.one<Message & Record<string, unknown>>(SAME, [tx.tenantId, dedupKey]);
    if (message === undefined) throw new Error('The message is neither new nor known.');
    const refusal = (message.suppressedReason as Refusal | null) ?? null;
    return { message, isNew: false, refusal, checks: [] };
  }

  private row(id: string, tx: Tx, draft: Draft, refusal: Refusal | null): unknown[] {
    const {
      conversationId,
      contact,
      phoneNumberId,
      author,
      purpose,
      body,
      mediaUrls = [],
      dedupKey,
      epoch,
    } = draft;
    const media = JSON.stringify(mediaUrls.map((url) => ({ url, contentType: '' })));
    const status = refusal === null ? 'queued' : 'suppressed';
    const text = [author, purpose, body, media, segmentsOf(body), status, author !== 'human', epoch];
    return [
      id,
      tx.tenantId,
      conversationId,
      contact.id,
      phoneNumberId,
      ...text,
      dedupKey,
      refusal,
      draft.sendAt ?? null,
    ];
  }
}

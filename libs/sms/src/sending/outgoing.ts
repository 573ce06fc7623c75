import { Injectable } from '@nestjs/common';
import { Contacts } from '#libs/contacts';
import { Tx } from '#libs/platform';
import type { Berth, OutgoingText } from '#libs/twilio';

import type { Message } from '../message.entity.js';
import { COLUMNS } from '../message-view.js';
import type { Claimed } from '../restore/incarnation.js';
import { HAS_STRAYS, Strays } from '../restore/strays.js';
import { forbiddenSince, optOutForbids } from '../sending-rules.domain.js';
import { Addressing } from './addressing.js';
import { BLOCKED_AGAIN_MS, LOOK_OVERDUE_SECONDS, SETTLED_AGAIN_MS } from './pace.domain.js';
import { isTooLate } from './resend.domain.js';
import { SendAlarm } from './send-alarm.js';
import { loadSend } from './send-row.js';
import type { SendEvent } from './send-state.domain.js';
import { Sends } from './sends.js';

/** An attempt that is committed with its transaction: from then on the text may have left. */
export interface Departure {
  readonly attemptId: string;
  readonly messageId: string;
  readonly contactId: string;
  readonly text: OutgoingText;
  readonly claimed: Claimed;
}

type Row = Message & {
  readonly customerNumber: string;
  readonly now: number;
  readonly blocked: boolean;
  readonly restoring: boolean;
  readonly strayed: boolean;
  readonly suspended: boolean;
} & Record<string, unknown>;

/** A database that went back in time is compared with Twilio first. */
const RESTORING_AGAIN_MS = 3_000;
/** How long a text waits that found no berth: as long again as it has waited, within these. */
const FULL_LEAST_MS = 1_000;
const FULL_MOST_MS = 8_000;

/** The oldest due text of a conversation: they leave in order, so one that is put off keeps those behind it waiting. */
const NEXT = `
  select ${COLUMNS}, floor(extract(epoch from clock_timestamp()) * 1000)::float8 as now,
    (select number from contacts c where c.tenant_id = $1 and c.id = m.contact_id) as "customerNumber",
    exists (select 1 from messages s where s.tenant_id = $1 and s.conversation_id = $2 and s.status = 'sending') as blocked,
    exists (select 1 from restores r join phone_numbers p on p.account_sid = r.account_sid
      where r.reconciled_at is null and p.tenant_id = $1 and p.id = m.phone_number_id) as restoring,
    ${HAS_STRAYS} as strayed,
    exists (select 1 from tenants t where t.id = $1 and t.status <> 'active') as suspended
  from (select * from messages where tenant_id = $1 and conversation_id = $2 and status = 'queued'
    and send_at <= clock_timestamp() order by send_at, id limit 1) m
  where not_before is null or not_before <= clock_timestamp()`;
const PUT_OFF = `
  update messages set not_before = clock_timestamp() + make_interval(secs => $3::float8 / 1000)
  where tenant_id = $1 and id = $2 and status = 'queued'`;
/** Attempts whose look is overdue: their alarm was lost, or never set by a process of the release before. */
const OVERDUE = `
  select a.id from message_attempts a join messages m on m.tenant_id = a.tenant_id and m.id = a.message_id
  where m.tenant_id = $1 and m.conversation_id = $2 and m.status = 'sending' and a.outcome in ('open', 'unknown')
    and a.look_at < clock_timestamp() - interval '${LOOK_OVERDUE_SECONDS} seconds'`;

/** The text that is in the way, unless whoever settles it has it in hand right now. */
const IN_THE_WAY = `
  select 1 from messages where tenant_id = $1 and conversation_id = $2 and status = 'sending' for share skip locked`;

/** Finds the text of a conversation that is next, and opens its attempt. */
@Injectable()
export class Outgoing {
  constructor(
    private readonly alarm: SendAlarm,
    private readonly sends: Sends,
    private readonly contacts: Contacts,
    private readonly addressing: Addressing,
    private readonly strays: Strays,
  ) {}

  /** Opens an attempt of the next text. The contact is held, so a STOP comes before or after, never between. */
  async claim(tx: Tx, conversationId: string, berth: Berth): Promise<Departure | null> {
    const message = await tx.one<Row>(NEXT, [tx.tenantId, conversationId]);
    if (message === undefined) return null;
    if (message.blocked) return this.waitForWay(tx, conversationId);
    if (message.restoring) return this.waitForRestore(tx, conversationId);
    return this.depart(tx, message, berth);
  }

  private async depart(tx: Tx, message: Row, berth: Berth): Promise<Departure | null> {
    const { id: messageId, contactId, customerNumber, now } = message;
    const accountSid = this.addressing.accountOf(message);
    const instead = await this.insteadOfSending(tx, message);
    if (instead !== null) return this.change(tx, message, instead);
    if (!berth.take(accountSid)) return this.comeBack(tx, message);
    const claimed = await this.sends.open(tx, message, { now, accountSid });
    if (claimed === null) return null;
    const { attemptId } = claimed;
    const text = this.addressing.textOf(message, customerNumber, attemptId);
    return { attemptId, messageId, contactId, text, claimed };
  }

  /**
   * Holds the contact: whether it opted out is decided before or after, never between. What was put off on purpose
   * (`send_at`) is not late by that; what waited for Twilio, or for us, is. What has left already is found before
   * anything else forbids it.
   */
  private async insteadOfSending(tx: Tx, message: Row): Promise<SendEvent | null> {
    const { contactId, purpose, customerNumber, sendAt, now: at } = message;
    const { optedOutAt, blocked } = await this.contacts.hold(tx, contactId);
    if (optOutForbids({ optedOut: optedOutAt !== null, purpose })) return { kind: 'withdrawn', at };
    const stray = message.strayed ? await this.strays.judge(tx, message, customerNumber, at) : null;
    if (stray !== null) return stray;
    const forbidden = forbiddenSince({ suspended: message.suspended, blocked });
    if (forbidden !== null) return { kind: 'dropped', at, why: forbidden };
    return isTooLate(purpose, at - sendAt.getTime()) ? { kind: 'dropped', at, why: 'too-late' } : null;
  }

  private async change(tx: Tx, { id }: Row, event: SendEvent): Promise<null> {
    const loaded = await loadSend(tx, id);
    if (loaded !== undefined) await this.sends.apply(tx, loaded, event);
    return null;
  }

  /** No berth: written into the row, with an alarm; no job waits. */
  private comeBack(tx: Tx, { id, conversationId, sendAt, now }: Row): null {
    const waited = Math.min(FULL_MOST_MS, Math.max(FULL_LEAST_MS, now - sendAt.getTime()));
    const inMs = waited * (0.5 + Math.random());
    tx.send(PUT_OFF, [tx.tenantId, id, inMs]);
    this.alarm.set(tx, conversationId ?? '', { inMs });
    return null;
  }

  private waitForRestore(tx: Tx, conversationId: string): null {
    this.alarm.set(tx, conversationId, { inMs: RESTORING_AGAIN_MS });
    return null;
  }

  /** Whoever settles the text ahead wakes this one, but for who looked for it before this one was there. */
  private async waitForWay(tx: Tx, conversationId: string): Promise<null> {
    const overdue = await tx.query<{ id: string }>(OVERDUE, [tx.tenantId, conversationId]);
    for (const { id } of overdue) this.alarm.look(tx, id, {});
    const inTheWay = await tx.one(IN_THE_WAY, [tx.tenantId, conversationId]);
    this.alarm.set(tx, conversationId, {
      inMs: inTheWay === undefined ? SETTLED_AGAIN_MS : BLOCKED_AGAIN_MS,
    });
    return null;
  }
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Db, Tx } from '#libs/platform';
import { Routing } from '#libs/tenants';
import { Telephony } from '#libs/twilio';

import { CLOCKS_APART_MS, findingOf, type Listed, type Unproven } from './evidence.domain.js';
import type { Since } from './resend.domain.js';
import { ALIKE_MINUTES } from './pace.domain.js';
import { SendAlarm } from './send-alarm.js';
import { loadSend, type LoadedSend } from './send-row.js';
import type { Finding } from './send-state.domain.js';
import { Sends } from './sends.js';

/** How many looks may wait for Twilio at once: a slow list leaves the other jobs their places. */
const LOOKS_AT_ONCE = 4;
const CROWDED_MS = 1_000;
/** Past this age an attempt is judged without its list rather than kept waiting for a place. */
const TOO_OLD_TO_WAIT_MS = 560_000;

/** What a look is about: an attempt that is due for it, and all that it could be mistaken for. */
interface Question {
  readonly loaded: LoadedSend;
  readonly openedAt: number;
  readonly sends: readonly Unproven[];
}

/** Nearly every attempt has long been settled when its look is due. */
const MESSAGE_OF = `
  select message_id as id from message_attempts where tenant_id = $1 and id = $2 and outcome in ('open', 'unknown')`;
/** Sends with the same numbers and text of which no SID is known: a row of Twilio's list may belong to any of them. */
const ALIKE = `
  select a.id as "attemptId", a.message_id as "messageId", a.outcome = 'open' as open,
    round(extract(epoch from a.opened_at) * 1000)::float8 as "openedAt"
  from message_attempts a
  join messages m on m.tenant_id = a.tenant_id and m.id = a.message_id
  join messages mine on mine.tenant_id = a.tenant_id and mine.id = $2
  where a.tenant_id = $1 and a.outcome in ('open', 'unknown', 'absent') and a.message_sid is null and m.message_sid is null
    and m.contact_id = mine.contact_id and m.phone_number_id = mine.phone_number_id and m.body = mine.body
    and (m.id = mine.id or a.opened_at > clock_timestamp() - interval '${ALIKE_MINUTES} minutes')`;
const OWNED = 'select sid from twilio_sids where sid = any($1)';
/** Waits for a reply that is being written in the conversation: what it cancels must be queued before or after. */
const STILL = `
  select 1 from conversations where tenant_id = $1 and id = (select conversation_id from messages
    where tenant_id = $1 and id = (select message_id from message_attempts where tenant_id = $1 and id = $2)) for share`;
const SINCE = `
  select exists (select 1 from messages i where i.tenant_id = $1 and i.contact_id = m.contact_id
      and i.phone_number_id = m.phone_number_id and i.direction = 'inbound' and i.created_at > m.created_at) as inbound,
    exists (select 1 from messages h where h.tenant_id = $1 and h.conversation_id = m.conversation_id
      and h.author = 'human' and h.purpose <> 'scheduled' and h.created_at > m.created_at) as human
  from messages m where m.tenant_id = $1 and m.id = $2`;

/**
 * Settles sends whose outcome nobody knows: by the callback, which may have come meanwhile, then by Twilio's
 * list. Sent again only after the list lacked it twice; held for a human when it cannot be told.
 */
@Injectable()
export class Settlement implements OnModuleInit {
  private looking = 0;

  constructor(
    private readonly db: Db,
    private readonly alarm: SendAlarm,
    private readonly sends: Sends,
    private readonly telephony: Telephony,
    private readonly routing: Routing,
  ) {}

  onModuleInit(): void {
    this.alarm.onLook((tenantId, attemptId) => this.settle(tenantId, attemptId));
  }

  private async settle(tenantId: string, attemptId: string): Promise<void> {
    const question = await this.db.transaction(tenantId, (tx) => this.ask(tx, attemptId));
    if (question === null) return;
    const isCrowded = this.looking >= LOOKS_AT_ONCE;
    if (isCrowded && question.loaded.now - question.openedAt < TOO_OLD_TO_WAIT_MS) {
      const inMs = CROWDED_MS * (0.5 + Math.random());
      await this.db.transaction(tenantId, (tx) => this.alarm.look(tx, attemptId, { inMs }));
      return;
    }
    const listed = isCrowded ? null : await this.list(question);
    const { now: askedAt } = question.loaded;
    await this.db.transaction(tenantId, (tx) => this.conclude(tx, attemptId, { listed, askedAt }));
  }

  /** The attempt with its message locked, when a look at it is due. */
  private async ask(tx: Tx, attemptId: string): Promise<Question | null> {
    const message = await tx.one<{ id: string }>(MESSAGE_OF, [tx.tenantId, attemptId]);
    if (message === undefined) return null;
    const loaded = await loadSend(tx, message.id);
    const attempt = loaded?.send.attempts.at(-1);
    if (loaded === undefined || attempt?.id !== attemptId || loaded.send.status !== 'sending') return null;
    if (attempt.lookAt > loaded.now) return null;
    const sends = await tx.query<Unproven & Record<string, unknown>>(ALIKE, [tx.tenantId, message.id]);
    return { loaded, openedAt: attempt.openedAt, sends };
  }

  /** Null when the list cannot be had. */
  private async list({ loaded, sends }: Question): Promise<readonly Listed[] | null> {
    const { message, customerNumber: to } = loaded;
    const route = this.routing.routeOf(message.phoneNumberId);
    if (route === undefined) return null;
    const { accountSid, number: from, messagingServiceSid } = route.number;
    const since = new Date(Math.min(...sends.map(({ openedAt }) => openedAt)) - CLOCKS_APART_MS);
    this.looking += 1;
    try {
      const rows = await this.telephony.messagesBetween(accountSid, { from, messagingServiceSid, to }, since);
      return rows.map(({ sid, body, createdAt }) => ({ sid, body, createdAt: createdAt?.getTime() ?? null }));
    } catch {
      return null;
    } finally {
      this.looking -= 1;
    }
  }

  private async conclude(
    tx: Tx,
    attemptId: string,
    { listed, askedAt }: { readonly listed: readonly Listed[] | null; readonly askedAt: number },
  ): Promise<void> {
    await tx.query(STILL, [tx.tenantId, attemptId]);
    const question = await this.ask(tx, attemptId);
    if (question === null) return;
    const { loaded } = question;
    const { now: at, message } = loaded;
    const finding = await this.finding(tx, question, listed);
    const written = await tx.one<Since & Record<string, unknown>>(SINCE, [tx.tenantId, message.id]);
    const since = written ?? { inbound: true, human: true };
    await this.sends.apply(tx, loaded, { kind: 'looked', at, askedAt, attemptId, finding, since });
  }

  private async finding(
    tx: Tx,
    { loaded, sends }: Question,
    listed: readonly Listed[] | null,
  ): Promise<Finding> {
    const { id: messageId, body } = loaded.message;
    const owned = await tx.query<{ sid: string }>(OWNED, [(listed ?? []).map(({ sid }) => sid)]);
    const taken = new Set(owned.map(({ sid }) => sid));
    const free = listed === null ? null : listed.filter(({ sid }) => !taken.has(sid));
    return findingOf(free, { messageId, body, sends });
  }
}

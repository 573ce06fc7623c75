import { Injectable } from '@nestjs/common';
import type { Calls } from '#libs/calls';
import { Contacts, type KnownContact } from '#libs/contacts';
import { Decisions, type Check } from '#libs/durable';
import { Tx } from '#libs/platform';
import { Sms, type Queued } from '#libs/sms';
import type { Route } from '#libs/tenants';
import { isTextable } from '#libs/twilio';

import { Thread } from '../thread.js';
import { wordingOf } from '../wording.domain.js';
import { refusalOf, textBackChecks, type TextBackInput } from './text-back.domain.js';

/** A call that nobody took, as `call.missed` tells of it. */
export interface MissedCall {
  readonly id: string;
  readonly phoneNumberId: string;
  readonly from: string;
  readonly missedReason: string;
  readonly rangSeconds: number | null;
  /** ISO 8601, by the database's clock. */
  readonly endedAt: string;
}

const HISTORY = `
  select
    extract(epoch from clock_timestamp() - max(created_at) filter (where purpose = 'text-back' and status <> 'suppressed'))::float8 / 60
      as "minutesSinceTextBack",
    extract(epoch from clock_timestamp() - max(created_at) filter (where author in ('customer', 'human', 'ai') and status <> 'suppressed'))::float8 / 60
      as "minutesSinceWritten",
    extract(epoch from clock_timestamp() - $3::timestamptz)::float8 / 60 as "minutesSinceCall"
  from messages where tenant_id = $1 and conversation_id = $2`;
const ALREADY = `
  select 1 from conversation_entries where tenant_id = $1 and conversation_id = $2 and kind = 'call' and call_id = $3`;

type History = Pick<TextBackInput, 'minutesSinceTextBack' | 'minutesSinceWritten' | 'minutesSinceCall'>;

const NONE: History = { minutesSinceTextBack: null, minutesSinceWritten: null, minutesSinceCall: 0 };

/** Runs the checks of a text-back, keeps them, and queues the text. */
@Injectable()
export class TextBack {
  constructor(
    private readonly thread: Thread,
    private readonly contacts: Contacts,
    private readonly sms: Sms,
    private readonly decisions: Decisions,
  ) {}

  /** What the caller got; null when this call was seen to before. */
  async run(tx: Tx, call: MissedCall, route: Route): Promise<Parameters<Calls['noteTextBack']>[2] | null> {
    if (!isTextable(call.from)) return this.untextable(tx, call, route);
    const contact = await this.contacts.ensure(tx, call.from);
    const conversation = await this.thread.ensure(tx, call.phoneNumberId, contact);
    const seen = await tx.one(ALREADY, [tx.tenantId, conversation.id, call.id]);
    if (seen !== undefined) return null;
    const checks = await this.checks(tx, call, route, { contact, conversationId: conversation.id });
    this.decisions.keep(tx, call.id, 'text-back', checks);
    this.thread.append(tx, conversation.id, {
      kind: 'call',
      callId: call.id,
      data: { missedReason: call.missedReason },
    });
    const refused = refusalOf(checks);
    if (refused !== null && refused !== 'rate-capped') {
      return { sent: false, messageId: null, reason: refused, conversationId: conversation.id };
    }
    const { message, refusal } = await this.queue(tx, call, route, {
      contact,
      conversationId: conversation.id,
    });
    return {
      sent: refusal === null,
      messageId: message.id,
      reason: refusal,
      conversationId: conversation.id,
    };
  }

  private untextable(tx: Tx, call: MissedCall, { tenant }: Route): Parameters<Calls['noteTextBack']>[2] {
    const checks = textBackChecks(this.input(call, tenant.settings, NONE));
    this.decisions.keep(tx, call.id, 'text-back', checks);
    return { sent: false, messageId: null, reason: refusalOf(checks), conversationId: null };
  }

  private async checks(
    tx: Tx,
    call: MissedCall,
    { tenant }: Route,
    { contact, conversationId }: { readonly contact: KnownContact; readonly conversationId: string },
  ): Promise<readonly Check[]> {
    const values = [tx.tenantId, conversationId, call.endedAt];
    const history = await tx.one<History & Record<string, unknown>>(HISTORY, values);
    const own = textBackChecks(this.input(call, tenant.settings, history ?? NONE));
    const common = await this.sms.judge(tx, {
      conversationId,
      contact,
      purpose: 'text-back',
      author: 'system',
    });
    return [...own, ...common.checks];
  }

  private input(call: MissedCall, settings: Route['tenant']['settings'], history: History): TextBackInput {
    return {
      enabled: settings.textBackEnabled,
      textable: isTextable(call.from),
      abandoned: call.missedReason === 'abandoned',
      rangSeconds: call.rangSeconds,
      minRingSeconds: settings.minRingSeconds,
      cooldownMinutes: settings.textBackCooldownMinutes,
      ...history,
    };
  }

  private async queue(
    tx: Tx,
    call: MissedCall,
    { tenant, number }: Route,
    { contact, conversationId }: { readonly contact: KnownContact; readonly conversationId: string },
  ): Promise<Queued> {
    const language = contact.language ?? tenant.language;
    const values = { business: tenant.name, number: number.number };
    const queued = await this.sms.send(tx, {
      conversationId,
      contact,
      phoneNumberId: call.phoneNumberId,
      author: 'system',
      purpose: 'text-back',
      body: wordingOf('text-back', language, values, tenant.settings.textBackTemplate),
      dedupKey: `text-back:${call.id}`,
      epoch: null,
    });
    this.thread.append(tx, conversationId, { kind: 'message', messageId: queued.message.id });
    return queued;
  }
}

import { createHash } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import { Cron, CronExpression } from '@nestjs/schedule';
import { Configuration, Db, isOutage, Log, Tx } from '#libs/platform';

import type { Message } from '../message.entity.js';
import { sentWords } from '../settling/evidence.domain.js';
import { isAnswer } from '../sending/resend.domain.js';
import type { SendEvent } from '../sending/send-state.domain.js';
import { strayVerdict } from './stray.domain.js';

/** Strays count for so long after they were found: by then what was lost has been imported and answered anew. */
const FRESH = `found_at > clock_timestamp() - interval '1 hour'`;
const OF_PAIR = `from strays s where s.tenant_id = $1 and s.phone_number_id = $3 and s.customer_number = $4
  and s.direction = 'outbound' and s.${FRESH}`;

/** Whether a message's numbers have strays at all, for the claim; `m` is the message. */
export const HAS_STRAYS = `exists (select 1 from strays s where s.tenant_id = $1 and s.phone_number_id = m.phone_number_id
  and s.${FRESH} and s.customer_number = (select number from contacts c where c.tenant_id = $1 and c.id = m.contact_id))`;

/** The customer's last text by Twilio's time where that is known: an imported one was kept later than it came. */
const JUDGE = `
  select (select s.sid ${OF_PAIR} and s.message_id is null and s.text_hash = $5 order by s.sent_at limit 1) as sid,
    exists (select 1 ${OF_PAIR} and s.message_id is null and s.text_hash is null) as redacted,
    exists (select 1 ${OF_PAIR} and s.sent_at > coalesce((
      select max(coalesce(listed.sent_at, i.created_at)) from messages i
      left join strays listed on listed.tenant_id = $1 and listed.sid = i.message_sid
      where i.tenant_id = $1 and i.contact_id = $2 and i.phone_number_id = $3 and i.direction = 'inbound'), '-infinity'))
      as answered`;
const TAKE =
  'update strays set message_id = $3 where tenant_id = $1 and sid = $2 and message_id is null returning sid';
const KEEP = `
  insert into strays (sid, tenant_id, phone_number_id, customer_number, direction, text_hash, sent_at)
  values ($1, $2, $3, $4, $5, $6, $7) on conflict (sid) do nothing`;
const EXPIRE = `delete from strays where found_at < clock_timestamp() - interval '1 day'`;

/** A message that Twilio lists and no row of ours knows of. */
export interface Stray {
  readonly sid: string;
  readonly phoneNumberId: string;
  readonly customerNumber: string;
  readonly direction: 'inbound' | 'outbound';
  /** Null when Twilio keeps no bodies. */
  readonly body: string | null;
  readonly sentAt: Date;
}

const hashOf = (body: string): Buffer => createHash('sha256').update(body).digest();

/** What was sent in the time that a restored database has lost: a text is compared with it before it is sent. */
@Injectable()
export class Strays {
  constructor(
    private readonly settings: Configuration,
    private readonly db: Db,
    private readonly log: Log,
  ) {}

  keep(tx: Tx, { sid, phoneNumberId, customerNumber, direction, body, sentAt }: Stray): void {
    const hash = body === null ? null : hashOf(sentWords(body));
    tx.send(KEEP, [sid, tx.tenantId, phoneNumberId, customerNumber, direction, hash, sentAt]);
  }

  /**
   * What becomes of a text that is about to be sent, if it is not to be: it is one of the strays, may be one, or answers
   * what a stray has answered. Null when it may be sent.
   */
  async judge(tx: Tx, message: Message, customerNumber: string, at: number): Promise<SendEvent | null> {
    const { id, contactId, phoneNumberId, body } = message;
    const values = [tx.tenantId, contactId, phoneNumberId, customerNumber, hashOf(body)];
    const found = await tx.one<{ sid: string | null; redacted: boolean; answered: boolean }>(JUDGE, values);
    if (found === undefined) return null;
    const sid = found.sid !== null && (await this.take(tx, found.sid, id)) ? found.sid : null;
    const trace = { isTaken: sid !== null, isRedacted: found.redacted, isAnswered: found.answered };
    switch (strayVerdict(trace, isAnswer(message))) {
      case 'found':
        return sid === null ? null : { kind: 'found', at, sid };
      case 'doubted':
        return { kind: 'doubted', at };
      case 'dropped':
        return { kind: 'dropped', at, why: 'stale' };
      case 'to-be-sent':
        return null;
    }
  }

  /** Makes a stray the message's own, unless another was faster. */
  private async take(tx: Tx, sid: string, messageId: string): Promise<boolean> {
    return (await tx.one(TAKE, [tx.tenantId, sid, messageId])) !== undefined;
  }

  /** Forgets those that have served. */
  @Cron(CronExpression.EVERY_HOUR)
  async expire(): Promise<void> {
    if (!this.settings.works) return;
    await this.db
      .system('sends', (tx) => tx.query(EXPIRE))
      .catch((error: unknown) => {
        if (!isOutage(error))
          this.log.error('strays cannot be forgotten, which is tried again in an hour', error);
      });
  }
}

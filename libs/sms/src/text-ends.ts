import { Injectable } from '@nestjs/common';
import { Inbox, keyOf } from '#libs/durable';
import { Db, Log } from '#libs/platform';
import { EMPTY, LONGEST_GAP_MS, OVERLAP_MS, Telephony, type ListedMessage, type Reading } from '#libs/twilio';

import { isFinal, meaningOf } from './message.domain.js';

const SENT = `m.tenant_id as "tenantId", m.id as "messageId", a.id as "attemptId", a.message_sid as sid`;
/** Texts of ours whose end we have not heard. */
const UNHEARD = `
  select ${SENT} from message_attempts a join messages m on m.tenant_id = a.tenant_id and m.id = a.message_id
  where a.message_sid = any($1) and m.status in ('accepted', 'sent')`;

/** At most so many are asked for in one reading of an account's lists, so many at once. */
const MOST_ASKED = 50;
const AT_ONCE = 5;
/** Those that the list may not have told of, the least recently asked first, each once in a reading. */
const ASK = `
  with due as (
    select m.tenant_id, a.id from phone_numbers p
    join messages m on m.phone_number_id = p.id and m.status in ('accepted', 'sent')
      and m.sent_at between clock_timestamp() - interval '${LONGEST_GAP_MS} milliseconds'
        and clock_timestamp() - interval '${OVERLAP_MS} milliseconds'
    join message_attempts a on a.tenant_id = m.tenant_id and a.message_id = m.id and a.message_sid = m.message_sid
    where p.account_sid = $1 and (a.asked_at is null or a.asked_at < $2)
    order by a.asked_at nulls first, m.sent_at limit ${AT_ONCE})
  update message_attempts a set asked_at = clock_timestamp() from due, messages m
  where a.tenant_id = due.tenant_id and a.id = due.id and m.tenant_id = a.tenant_id and m.id = a.message_id
  returning ${SENT}`;

type Unheard = Readonly<Record<'tenantId' | 'messageId' | 'attemptId' | 'sid', string>>;

const hasEnded = ({ direction, status }: ListedMessage): boolean => {
  const meaning = meaningOf(status);
  return direction === 'outbound' && meaning !== null && isFinal(meaning);
};

/** What became of texts of ours where the callback did not come, as it would have told. */
@Injectable()
export class TextEnds {
  constructor(
    private readonly db: Db,
    private readonly inbox: Inbox,
    private readonly telephony: Telephony,
    private readonly log: Log,
  ) {}

  /** Takes the ends that a list tells. @throws Unavailable when they cannot be kept */
  async hear(accountSid: string, listed: readonly ListedMessage[]): Promise<void> {
    const bySid = new Map(listed.filter(hasEnded).map((message) => [message.sid, message]));
    const unheard = await this.db.system('import', (tx) => tx.query<Unheard>(UNHEARD, [[...bySid.keys()]]));
    for (const one of unheard) {
      const message = bySid.get(one.sid);
      if (message !== undefined) await this.tell(accountSid, one, message);
    }
  }

  /** Asks for the ends of texts that are too old for the list. Never throws: whoever is not told of now is asked for later. */
  async askFor({ accountSid, now }: Pick<Reading<ListedMessage>, 'accountSid' | 'now'>): Promise<void> {
    try {
      for (let asked = 0; asked < MOST_ASKED; asked += AT_ONCE) {
        const unheard = await this.db.system('import', (tx) => tx.query<Unheard>(ASK, [accountSid, now]));
        await Promise.all(unheard.map((one) => this.ask(accountSid, one)));
        if (unheard.length < AT_ONCE) return;
      }
    } catch (error) {
      this.log.warn('how texts ended is asked for later', { accountSid, error: String(error) });
    }
  }

  private async ask(accountSid: string, unheard: Unheard): Promise<void> {
    const message = await this.telephony.message(accountSid, unheard.sid);
    if (message !== null && hasEnded(message)) await this.tell(accountSid, unheard, message);
  }

  private async tell(
    accountSid: string,
    { sid, tenantId, ...context }: Unheard,
    { status, errorCode }: Pick<ListedMessage, 'status' | 'errorCode'>,
  ): Promise<void> {
    const kind = 'sms.status';
    const told = { AccountSid: accountSid, MessageSid: sid, MessageStatus: status };
    await this.inbox.keep({
      key: keyOf(accountSid, { kind, sid, step: `${context.attemptId}/${status}` }),
      kind,
      sid,
      accountSid,
      tenantId,
      params: errorCode === null ? told : { ...told, ErrorCode: errorCode },
      context,
      answer: EMPTY,
    });
  }
}

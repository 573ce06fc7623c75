import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Inbox, keyOf, type InboxEvent } from '#libs/durable';
import { Db, Unavailable } from '#libs/platform';
import { Routing } from '#libs/tenants';
import {
  EMPTY,
  GapImport,
  SidDirectory,
  type ListedMedia,
  type ListedMessage,
  type Reading,
} from '#libs/twilio';

import { isFinal, meaningOf } from './message.domain.js';

/** Texts of ours whose end we have not heard. */
const UNHEARD = `
  select m.tenant_id as "tenantId", m.id as "messageId", a.id as "attemptId", a.message_sid as sid
  from message_attempts a join messages m on m.tenant_id = a.tenant_id and m.id = a.message_id
  where a.message_sid = any($1) and m.status in ('accepted', 'sent')`;

type Unheard = Readonly<Record<'tenantId' | 'messageId' | 'attemptId' | 'sid', string>>;

const hasEnded = ({ direction, status }: ListedMessage): boolean => {
  const meaning = meaningOf(status);
  return direction === 'outbound' && meaning !== null && isFinal(meaning);
};

const ageMs = ({ now }: Reading<unknown>, { createdAt }: ListedMessage): number =>
  Math.max(0, now.getTime() - (createdAt ?? now).getTime());

/** As the webhook names them. */
const picturesOf = (media: readonly ListedMedia[]): Readonly<Record<string, string>> =>
  Object.fromEntries([
    ['NumMedia', String(media.length)],
    ...media.flatMap(({ url, contentType }, index) => [
      [`MediaUrl${index}`, url],
      [`MediaContentType${index}`, contentType],
    ]),
  ]) as Readonly<Record<string, string>>;

/** What we missed of texts: those that customers sent, and what became of ours, each as its webhook would have told. */
@Injectable()
export class MessageImport implements OnModuleInit {
  constructor(
    private readonly db: Db,
    private readonly inbox: Inbox,
    private readonly sids: SidDirectory,
    private readonly routing: Routing,
    private readonly gaps: GapImport,
  ) {}

  onModuleInit(): void {
    this.gaps.onMessages((reading) => this.import(reading));
  }

  private async import(reading: Reading<ListedMessage>): Promise<null> {
    for await (const page of reading.pages) {
      for (const message of await this.missed(page)) await this.receive(reading, message);
      await this.hearEnds(reading, page.filter(hasEnded));
    }
    return null;
  }

  /** Customers' texts that nobody told us of, oldest first. */
  private async missed(page: readonly ListedMessage[]): Promise<readonly ListedMessage[]> {
    const received = page.filter(({ direction }) => direction === 'inbound');
    const known = await this.sids.known(received.map(({ sid }) => sid));
    return received.filter(({ sid }) => !known.has(sid)).toReversed();
  }

  private async receive(reading: Reading<ListedMessage>, message: ListedMessage): Promise<void> {
    const { accountSid, registered } = reading;
    const { sid, from, to, body, createdAt, numMedia } = message;
    const route = this.routing.routeTo(to);
    const since = registered.get(to);
    if (route === undefined || since === undefined || (createdAt !== null && createdAt < since)) return;
    const media = numMedia === 0 ? [] : await reading.mediaOf(sid);
    const kind = 'sms.incoming';
    await this.accept({
      key: keyOf(accountSid, { kind, sid, step: '' }),
      kind,
      sid,
      accountSid,
      tenantId: route.tenant.id,
      params: {
        AccountSid: accountSid,
        MessageSid: sid,
        From: from,
        To: to,
        Body: body,
        ...picturesOf(media),
      },
      context: { phoneNumberId: route.number.id },
      answer: EMPTY,
      ageMs: ageMs(reading, message),
    });
  }

  /** What became of texts of ours, where the callback did not come. */
  private async hearEnds(reading: Reading<ListedMessage>, ended: readonly ListedMessage[]): Promise<void> {
    const bySid = new Map(ended.map((message) => [message.sid, message]));
    const unheard = await this.db.system('import', (tx) => tx.query<Unheard>(UNHEARD, [[...bySid.keys()]]));
    for (const { sid, tenantId, ...context } of unheard) {
      const { status = '', errorCode = null } = bySid.get(sid) ?? {};
      const { accountSid } = reading;
      const kind = 'sms.status';
      const told = { AccountSid: accountSid, MessageSid: sid, MessageStatus: status };
      await this.accept({
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

  private async accept(event: InboxEvent): Promise<void> {
    const { verdict } = await this.inbox.accept(event, true);
    if (verdict === 'lost')
      throw new Unavailable('database-unavailable', 'What was missed cannot be kept now.');
  }
}

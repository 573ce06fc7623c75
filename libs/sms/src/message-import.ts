import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Inbox, keyOf } from '#libs/durable';
import { Routing } from '#libs/tenants';
import {
  EMPTY,
  GapImport,
  SidDirectory,
  type ListedMedia,
  type ListedMessage,
  type Reading,
} from '#libs/twilio';

import { TextEnds } from './text-ends.js';

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
    private readonly inbox: Inbox,
    private readonly sids: SidDirectory,
    private readonly routing: Routing,
    private readonly gaps: GapImport,
    private readonly ends: TextEnds,
  ) {}

  onModuleInit(): void {
    this.gaps.onMessages((reading) => this.import(reading));
  }

  private async import(reading: Reading<ListedMessage>): Promise<null> {
    for await (const page of reading.pages) {
      for (const message of await this.missed(page)) await this.receive(reading, message);
      await this.ends.hear(reading.accountSid, page);
    }
    await this.ends.askFor(reading);
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
    await this.inbox.keep({
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
}

import type { Alerts } from '../alerts.js';
import type { Ledger } from '../ledger.js';
import type { Numbers, TwilioNumber } from '../numbers.js';
import type { ResourceList } from '../rest/resource-list.js';
import { newSid } from '../sids.js';
import type { Params } from '../signature.js';
import type { TwimlDocument, TwimlFetcher } from '../twiml-fetch.js';
import type { TwimlElement } from '../twiml.js';
import { place, present } from '../voice/call.js';
import type { AttachedMedia, MediaLibrary } from './media-library.js';
import { newMessage, type Message } from './message.js';
import type { MessageDelivery } from './message-delivery.js';
import { keywordIn, type OptOuts, type OptOutType } from './opt-outs.js';
import { segmentsOf } from './segments.js';

/** A text that a customer sends to a Twilio number. */
export interface InboundScript {
  readonly from: string;
  readonly to: string;
  readonly body: string;
  readonly mediaUrls?: readonly string[] | undefined;
  /** As Advanced Opt-Out would say: Twilio has answered already. */
  readonly optOutType?: OptOutType | undefined;
}

export interface InboundParts {
  readonly ledger: Ledger;
  readonly alerts: Alerts;
  readonly numbers: Numbers;
  readonly messages: ResourceList<Message>;
  readonly optOuts: OptOuts;
  readonly media: MediaLibrary;
  readonly fetcher: TwimlFetcher;
  readonly delivery: MessageDelivery;
}

const MOST_REDIRECTS = 10;

/** Brings customers' texts to the hub, and its TwiML answers back. */
export class InboundMessages {
  constructor(private readonly parts: InboundParts) {}

  /** Takes the text in; `answered` resolves when the hub has been asked. */
  receive(script: InboundScript): { message: Message; answered: Promise<void> } {
    const { from, to, body, optOutType } = script;
    const number = this.parts.numbers.find(to);
    const { accountSid, messagingServiceSid } = number;
    const sid = newSid(script.mediaUrls?.length ? 'MM' : 'SM');
    const media = (script.mediaUrls ?? []).map((url) => this.parts.media.attach(accountSid, sid, url));
    const mediaUrls = media.map(({ url }) => url);
    const received = { direction: 'inbound', status: 'received', mediaUrls } as const;
    const message = newMessage({ sid, accountSid, messagingServiceSid, from, to, body, ...received });
    this.parts.messages.add(message);
    this.#record(message);
    this.#hearKeyword(message, optOutType ?? keywordIn(body));
    const params = { ...messageParams(message, media), ...present({ OptOutType: optOutType }) };
    return { message, answered: this.#ask(number, message, params) };
  }

  #record({ sid, direction, from, to, body, mediaUrls, status }: Message): void {
    const { ledger } = this.parts;
    ledger.record({ kind: 'message', messageSid: sid, direction, from, to, body, mediaUrls, status });
    ledger.record({
      kind: 'phone',
      number: from,
      event: 'sends-text',
      sid,
      other: to,
      text: body,
      mediaUrls,
    });
  }

  /** Twilio keeps its own list, and answers STOP, START and HELP itself. */
  #hearKeyword({ sid, from, to, messagingServiceSid }: Message, said: OptOutType | undefined): void {
    const senders = messagingServiceSid === null ? [to] : [to, messagingServiceSid];
    const reply = this.parts.optOuts.hear(senders, from, said);
    if (reply === undefined) return;
    this.parts.ledger.record({
      kind: 'phone',
      number: from,
      event: 'receives-twilio-reply',
      sid,
      other: to,
      text: reply,
    });
  }

  async #ask(number: TwilioNumber, message: Message, params: Params): Promise<void> {
    const { accountSid, smsFallbackUrl } = number;
    let url: string | undefined = number.smsUrl;
    for (let asked = 0; url !== undefined && asked < MOST_REDIRECTS; asked += 1) {
      const document: TwimlDocument | null = await this.parts.fetcher.fetch({
        language: 'messaging',
        webhook: { accountSid, purpose: 'sms', url, params },
        resourceSid: message.sid,
        fallbackUrl: smsFallbackUrl,
      });
      url = document ? this.#follow(message, document) : undefined;
    }
  }

  /** Sends the answers; returns where the document leads on, if it does. */
  #follow(message: Message, document: TwimlDocument): string | undefined {
    for (const verb of document.verbs) {
      if (verb.name === 'Redirect') return new URL(verb.text, document.url).href;
      this.#reply(message, verb, document.url);
    }
    return undefined;
  }

  #reply(message: Message, { attributes, children, text }: TwimlElement, documentUrl: string): void {
    const bodies = children.filter(({ name }) => name === 'Body').map((body) => body.text);
    const callback = attributes['statusCallback'] ?? attributes['action'];
    const { accountSid, messagingServiceSid } = message;
    const reply = newMessage({
      accountSid,
      messagingServiceSid,
      from: attributes['from'] ?? message.to,
      to: attributes['to'] ?? message.from,
      body: [text, ...bodies].filter(Boolean).join('\n'),
      mediaUrls: children.filter(({ name }) => name === 'Media').map((media) => media.text),
      direction: 'outbound-reply',
      status: 'queued',
      statusCallback: callback ? new URL(callback, documentUrl).href : null,
    });
    const { alerts, delivery, optOuts } = this.parts;
    if (!optOuts.has(reply.from, reply.to)) return delivery.accept(reply);
    const alert = {
      errorCode: 21610,
      message: 'Attempt to send to unsubscribed recipient',
      url: documentUrl,
    };
    alerts.raise({ accountSid, resourceSid: message.sid, ...alert });
  }
}

/** What Twilio says about a text that came in. */
function messageParams(message: Message, media: readonly AttachedMedia[]): Params {
  const { sid, accountSid, from, to, body, messagingServiceSid } = message;
  return {
    AccountSid: accountSid,
    ApiVersion: '2010-04-01',
    MessageSid: sid,
    SmsSid: sid,
    SmsMessageSid: sid,
    SmsStatus: 'received',
    From: from,
    To: to,
    ...place('From', from),
    ...place('To', to),
    Body: body,
    NumSegments: String(segmentsOf(body)),
    NumMedia: String(media.length),
    ...Object.fromEntries(media.map(({ url }, index) => [`MediaUrl${index}`, url])),
    ...Object.fromEntries(media.map(({ contentType }, index) => [`MediaContentType${index}`, contentType])),
    ...present({ MessagingServiceSid: messagingServiceSid }),
  };
}

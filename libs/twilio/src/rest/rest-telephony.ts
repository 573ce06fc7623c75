import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import twilio from 'twilio';
import { Configuration } from '#libs/platform';

import type { KnownAccount } from '../accounts/account-slice.js';
import { Accounts } from '../accounts/accounts.js';
import { Berths, type Berth } from './berths.js';
import { callsSince, mediaOf, messagesSince, messageWith } from '../gaps/account-lists.js';
import { messagesBetween } from './message-list.js';
import { NotSent, postOnce } from './post-once.js';
import { isUnauthorized, outcomeOf, type SendOutcome } from './send-answer.domain.js';
import {
  Telephony,
  type Between,
  type ListedCall,
  type ListedMedia,
  type ListedMessage,
  type OutgoingText,
} from '../telephony.js';
import { TokenOrder } from './token-order.js';
import { TwilioHealth } from './twilio-health.js';
import { TwilioTransport } from './twilio-transport.js';

const DEFAULT_ORIGIN = 'https://api.twilio.com';

type Client = ReturnType<typeof twilio>;

const INACTIVE = {
  kind: 'refused',
  code: '20003',
  message: 'This Twilio account is not active here.',
} as const;

const formOf = ({ from, messagingServiceSid, to, body, mediaUrls, statusCallback }: OutgoingText) => {
  const form = new URLSearchParams({ To: to, Body: body, StatusCallback: statusCallback });
  if (messagingServiceSid === null) form.set('From', from);
  else form.set('MessagingServiceSid', messagingServiceSid);
  for (const url of mediaUrls) form.append('MediaUrl', url);
  return form;
};

/** Twilio's REST API: creates by a post of our own, which leaves once; reads through its SDK, on our transport. */
@Injectable()
export class RestTelephony extends Telephony implements OnApplicationShutdown {
  private readonly transports = new Map<string, TwilioTransport>();
  private readonly order = new TokenOrder();
  private readonly clients = new Map<string, { readonly token: string; readonly client: Client }>();

  constructor(
    private readonly settings: Configuration,
    private readonly accounts: Accounts,
    private readonly health: TwilioHealth,
    private readonly berths: Berths,
  ) {
    super();
  }

  berth(): Berth {
    return this.berths.berth();
  }

  async send(text: OutgoingText, mayLeave: () => boolean): Promise<SendOutcome> {
    const account = this.activeAccount(text.accountSid);
    if (account === null) return INACTIVE;
    const outcome = await this.create(account, text, mayLeave);
    this.health.answered(text.accountSid, outcome);
    return outcome;
  }

  async messagesBetween(
    accountSid: string,
    between: Between,
    since: Date,
  ): Promise<readonly ListedMessage[]> {
    return messagesBetween(this.clientOf(accountSid), between, since);
  }

  async message(accountSid: string, sid: string): Promise<ListedMessage | null> {
    return messageWith(this.clientOf(accountSid), sid);
  }

  messagesSince(accountSid: string, since: Date): AsyncIterable<readonly ListedMessage[]> {
    return messagesSince(this.clientOf(accountSid), since);
  }

  callsSince(accountSid: string, since: Date): AsyncIterable<readonly ListedCall[]> {
    return callsSince(this.clientOf(accountSid), since);
  }

  mediaOf(accountSid: string, messageSid: string): Promise<readonly ListedMedia[]> {
    return mediaOf(this.clientOf(accountSid), messageSid);
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.transports.values()].map((transport) => transport.close()));
  }

  /** With the next token where one is not taken: that is proof that nothing was created. */
  private async create(
    account: KnownAccount,
    text: OutgoingText,
    mayLeave: () => boolean,
  ): Promise<SendOutcome> {
    let outcome: SendOutcome = INACTIVE;
    for (const token of this.order.of(account)) {
      outcome = await this.createOnce({ account, token }, text, mayLeave);
      if (!isUnauthorized(outcome)) break;
      this.order.refuse(account.accountSid, token);
    }
    return outcome;
  }

  private async createOnce(
    { account, token }: { readonly account: KnownAccount; readonly token: string },
    text: OutgoingText,
    mayLeave: () => boolean,
  ): Promise<SendOutcome> {
    const { accountSid } = account;
    const authorization = `Basic ${Buffer.from(`${accountSid}:${token}`).toString('base64')}`;
    const path = `/2010-04-01/Accounts/${accountSid}/Messages.json`;
    try {
      const post = { origin: this.originOf(account), path, authorization, form: formOf(text), mayLeave };
      return outcomeOf(await postOnce(post));
    } catch (error) {
      return { kind: error instanceof NotSent ? 'not-sent' : 'unknown', error: String(error) };
    }
  }

  private activeAccount(accountSid: string): KnownAccount | null {
    const account = this.accounts.known(accountSid);
    return account?.status === 'active' && account.tokens.length > 0 ? account : null;
  }

  /** @throws when the account is not active here */
  private clientOf(accountSid: string): Client {
    const account = this.activeAccount(accountSid);
    if (account === null) throw new Error(INACTIVE.message);
    const [token = ''] = this.order.of(account);
    const kept = this.clients.get(accountSid);
    if (kept?.token === token) return kept.client;
    const client = twilio(accountSid, token, { httpClient: this.transportTo(this.originOf(account)) });
    this.clients.set(accountSid, { token, client });
    return client;
  }

  private originOf({ origin }: KnownAccount): string {
    return origin === 'sandbox' ? this.sandboxOrigin : this.twilioOrigin;
  }

  private get twilioOrigin(): string {
    return this.settings.TWILIO_API_BASE_URL ?? DEFAULT_ORIGIN;
  }

  private get sandboxOrigin(): string {
    return `http://127.0.0.1:${this.settings.SANDBOX_PORT}`;
  }

  private transportTo(origin: string): TwilioTransport {
    const transport = this.transports.get(origin) ?? this.newTransport(origin);
    this.transports.set(origin, transport);
    return transport;
  }

  private newTransport(origin: string): TwilioTransport {
    return new TwilioTransport(origin, (accountSid, token) => this.order.refuse(accountSid, token));
  }
}

import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import twilio from 'twilio';
import { Configuration } from '#libs/platform';

import type { KnownAccount } from './account-slice.js';
import { Accounts } from './accounts.js';
import { policyOf } from './error-policy.domain.js';
import { callsSince, mediaOf, messagesSince } from './gaps/account-lists.js';
import {
  Telephony,
  type ListedCall,
  type ListedMedia,
  type ListedMessage,
  type OutgoingText,
  type SendOutcome,
} from './telephony.js';
import { TwilioHealth } from './twilio-health.js';
import { NotConnected, Throttled, TwilioTransport } from './twilio-transport.js';

const DEFAULT_ORIGIN = 'https://api.twilio.com';

type Client = ReturnType<typeof twilio>;

interface Refusal {
  readonly status: number;
  readonly code: number | undefined;
  readonly message: string;
}

const refusalOf = (error: unknown): Refusal | null => {
  if (typeof error !== 'object' || error === null || !('status' in error) || typeof error.status !== 'number')
    return null;
  const code = 'code' in error && typeof error.code === 'number' ? error.code : undefined;
  return { status: error.status, code, message: error instanceof Error ? error.message : '' };
};

const outcomeOf = (error: unknown): SendOutcome => {
  if (error instanceof NotConnected) return { kind: 'not-sent', error: error.message };
  if (error instanceof Throttled) return { kind: 'put-off', retryAfterMs: error.retryAfterMs };
  const refusal = refusalOf(error);
  if (refusal === null || refusal.status >= 500) return { kind: 'unknown', error: String(error) };
  const code = String(refusal.code ?? `http-${refusal.status}`);
  if (policyOf(code) === 'put-off') return { kind: 'put-off', retryAfterMs: 60_000 };
  return { kind: 'refused', code, message: refusal.message };
};

/** Twilio's REST API through its own SDK, on our transport. */
@Injectable()
export class RestTelephony extends Telephony implements OnApplicationShutdown {
  private readonly transports = new Map<string, TwilioTransport>();
  private readonly clients = new Map<string, { readonly token: string; readonly client: Client }>();

  constructor(
    private readonly settings: Configuration,
    private readonly accounts: Accounts,
    private readonly health: TwilioHealth,
  ) {
    super();
  }

  async send(text: OutgoingText): Promise<SendOutcome> {
    const client = this.clientOf(text.accountSid);
    if (client === null)
      return { kind: 'refused', code: '20003', message: 'This Twilio account is not active here.' };
    const sender =
      text.messagingServiceSid === null
        ? { from: text.from }
        : { messagingServiceSid: text.messagingServiceSid };
    try {
      const { to, body, statusCallback, mediaUrls } = text;
      const media = mediaUrls.length === 0 ? {} : { mediaUrl: [...mediaUrls] };
      const message = await client.messages.create({ to, body, statusCallback, ...sender, ...media });
      if (typeof message.sid !== 'string' || message.sid === '')
        return { kind: 'unknown', error: 'no SID in the answer' };
      this.health.worked(text.accountSid);
      return { kind: 'accepted', sid: message.sid };
    } catch (error) {
      const outcome = outcomeOf(error);
      this.health.answered(text.accountSid, outcome);
      return outcome;
    }
  }

  async messagesBetween(accountSid: string, from: string, to: string): Promise<readonly ListedMessage[]> {
    const client = this.clientOf(accountSid);
    if (client === null) throw new Error('This Twilio account is not active here.');
    const found = await client.messages.list({ from, to, limit: 100 });
    return found.map((message) => ({
      sid: message.sid,
      to: message.to,
      from: message.from,
      body: message.body,
      status: message.status,
      errorCode: message.errorCode === null ? null : String(message.errorCode),
      createdAt: message.dateCreated ?? null,
      direction: message.direction === 'inbound' ? 'inbound' : 'outbound',
      numMedia: Number(message.numMedia),
    }));
  }

  messagesSince(accountSid: string, since: Date): AsyncIterable<readonly ListedMessage[]> {
    return messagesSince(this.activeClient(accountSid), since);
  }

  callsSince(accountSid: string, since: Date): AsyncIterable<readonly ListedCall[]> {
    return callsSince(this.activeClient(accountSid), since);
  }

  mediaOf(accountSid: string, messageSid: string): Promise<readonly ListedMedia[]> {
    return mediaOf(this.activeClient(accountSid), messageSid);
  }

  private activeClient(accountSid: string): Client {
    const client = this.clientOf(accountSid);
    if (client === null) throw new Error('This Twilio account is not active here.');
    return client;
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.transports.values()].map((transport) => transport.close()));
  }

  private clientOf(accountSid: string): Client | null {
    const account = this.accounts.known(accountSid);
    const token = account?.tokens[0];
    if (account === undefined || account.status !== 'active' || token === undefined) return null;
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
    const transport = this.transports.get(origin) ?? new TwilioTransport(origin);
    this.transports.set(origin, transport);
    return transport;
  }
}

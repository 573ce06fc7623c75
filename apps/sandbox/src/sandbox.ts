import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { Accounts, type Account } from './accounts.js';
import { Alerts } from './alerts.js';
import { Control } from './control/control.js';
import { KnownElsewhere } from './control/known-elsewhere.js';
import { Faults } from './faults.js';
import { Ledger } from './ledger.js';
import { InboundMessages } from './messages/inbound-message.js';
import { Listing } from './messages/listing.js';
import { MediaLibrary } from './messages/media-library.js';
import type { Message } from './messages/message.js';
import { MessageDelivery } from './messages/message-delivery.js';
import { OptOuts } from './messages/opt-outs.js';
import { Numbers } from './numbers.js';
import { ResourceList } from './rest/resource-list.js';
import { RestApi } from './rest/rest-api.js';
import { callRoutes } from './rest/rest-calls.js';
import { messageRoutes } from './rest/rest-messages.js';
import { recordingRoutes } from './rest/rest-recordings.js';
import { Timers } from './timers.js';
import { TwimlFetcher } from './twiml-fetch.js';
import { WebhookSender } from './webhook.js';
import type { Call } from './voice/call.js';
import type { Exchange } from './voice/exchange.js';
import { PhoneTime } from './voice/phone-time.js';
import { Recordings } from './voice/recordings.js';

export interface SandboxOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** 127.0.0.1 without it. */
  readonly host?: string;
  /** The hub's PUBLIC_URL, without a slash at its end: webhooks go there, signed for exactly that. */
  readonly hubUrl: string;
  /** Unregistered numbers belong to the first. */
  readonly accounts: readonly [Account, ...Account[]];
  /** How many real seconds a telephone second lasts, 1 without it. */
  readonly ringScale?: number;
  /** Milliseconds between two states of a message, 20 without it. */
  readonly deliveryStepMs?: number;
  /** How many ledger entries, messages and calls are kept, 20,000 each without it. */
  readonly keep?: number;
}

const KEEP = 20_000;
const DELIVERY_STEP_MS = 20;
const KEEP_ALIVE_MS = 65_000;
const NEVER_RECEIVED: ReadonlySet<string> = new Set(['scheduled', 'canceled', 'failed', 'undelivered']);

/** A running local Twilio. */
export class Sandbox {
  constructor(
    private readonly parts: Parts,
    private readonly server: Server,
  ) {}

  /** Where its REST API and its `/sandbox` routes are: the hub's TWILIO_API_BASE_URL. */
  get url(): string {
    const { address, port } = this.server.address() as AddressInfo;
    return `http://${address}:${port}`;
  }

  get hubUrl(): string {
    return this.parts.hub.url;
  }

  /** From now on webhooks go there: tests start the sandbox first, then the hub. */
  set hubUrl(url: string) {
    this.parts.hub.url = url.replace(/\/+$/, '');
  }

  get ledger(): Ledger {
    return this.parts.ledger;
  }

  /** The texts sent to this phone and not lost on the way, oldest first. */
  textsTo(phone: string): string[] {
    const sent = [...this.parts.messages.all()].filter(
      ({ to, direction }) => to === phone && direction !== 'inbound',
    );
    return sent
      .filter(({ status }) => !NEVER_RECEIVED.has(status))
      .map(({ body }) => body)
      .reverse();
  }

  /** Stops everything at once: no timer, request or connection is left. */
  async close(): Promise<void> {
    this.parts.timers.close();
    await this.parts.webhooks.close();
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }
}

/** Starts a sandbox; rejects when the port is taken. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const parts = assemble(options);
  const app = express().disable('x-powered-by').disable('etag');
  app.use(
    '/2010-04-01',
    new RestApi(parts).router([
      ...messageRoutes(parts),
      ...callRoutes(parts.exchange),
      ...recordingRoutes(parts.exchange.recordings),
    ]),
  );
  app.use('/sandbox', new Control(parts).router());
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, app);
  server.listen(options.port, options.host ?? '127.0.0.1');
  await once(server, 'listening');
  return new Sandbox(parts, server);
}

type Parts = ReturnType<typeof assemble>;

function assemble({ hubUrl, accounts: known, keep = KEEP, ...options }: SandboxOptions) {
  const hub = { url: hubUrl.replace(/\/+$/, '') };
  const timers = new Timers();
  const ledger = new Ledger(keep);
  const accounts = new Accounts(known);
  const numbers = new Numbers(accounts, () => hub.url);
  const webhooks = new WebhookSender(accounts, ledger, timers);
  const alerts = new Alerts(accounts, ledger, webhooks);
  const fetcher = new TwimlFetcher(webhooks, alerts);
  const base = { hub, timers, ledger, accounts, numbers, webhooks, alerts, fetcher, faults: new Faults() };
  const exchange: Exchange = {
    ...base,
    time: new PhoneTime(options.ringScale ?? 1),
    calls: new ResourceList<Call>(keep),
    recordings: new Recordings(),
    lines: new Map(),
  };
  const stepMs = options.deliveryStepMs ?? DELIVERY_STEP_MS;
  const messages = new ResourceList<Message>(keep);
  const texts = {
    messages,
    optOuts: new OptOuts(),
    media: new MediaLibrary(),
    listing: new Listing(),
    delivery: new MessageDelivery({ ...base, messages, stepMs }),
  };
  const elsewhere = new KnownElsewhere({ numbers, messages, exchange });
  return { ...base, ...texts, exchange, elsewhere, inbound: new InboundMessages({ ...base, ...texts }) };
}

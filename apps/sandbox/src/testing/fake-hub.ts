import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sign } from '../signature.js';

export interface ReceivedWebhook {
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly isSigned: boolean;
}

export interface HubAnswer {
  readonly status?: number;
  readonly contentType?: string;
  readonly body?: string;
}

/** What the fake hub says at a path: TwiML, or a whole answer. */
export type HubScript = Readonly<
  Record<string, string | HubAnswer | ((params: ReceivedWebhook['params']) => string)>
>;

/** For the specs: a hub that answers as told and remembers every webhook. */
export class FakeHub {
  readonly received: ReceivedWebhook[] = [];
  script: HubScript = {};

  private constructor(
    private readonly server: Server,
    private readonly authToken: string,
  ) {}

  static async start(authToken: string): Promise<FakeHub> {
    const server = createServer();
    const hub = new FakeHub(server, authToken);
    server.on('request', (req: IncomingMessage, res) => {
      void hub.#receive(req).then(({ status = 200, contentType = 'text/xml', body = '<Response/>' }) => {
        res.writeHead(status, { 'content-type': contentType }).end(body);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return hub;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The webhooks received at this path, oldest first. */
  at(path: string): ReceivedWebhook[] {
    return this.received.filter((webhook) => webhook.path === path);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  async #receive(req: IncomingMessage): Promise<HubAnswer> {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const params = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString('utf8')));
    const { pathname: path } = new URL(req.url ?? '/', this.url);
    const expected = sign(this.authToken, `${this.url}${req.url}`, params);
    const isSigned = req.headers['x-twilio-signature'] === expected;
    this.received.push({ path, params, headers: req.headers, isSigned });
    const said = this.script[path] ?? {};
    if (typeof said === 'function') return { body: said(params) };
    return typeof said === 'string' ? { body: said } : said;
  }
}

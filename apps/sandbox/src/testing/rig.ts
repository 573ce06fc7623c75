import { startSandbox, type Sandbox, type SandboxOptions } from '../sandbox.js';
import { FakeHub } from './fake-hub.js';

export const TOKEN = 'token-of-the-first-account';
export const ACCOUNT = `AC${'1'.repeat(32)}`;
export const CUSTOMER = '+14155550101';
export const BUSINESS = '+14155550199';
export const OWNER = '+14155550150';
export const MATE = '+14155550151';

export interface Played {
  readonly callSid: string;
  readonly status: string;
  readonly durationSeconds: number;
  readonly timeline: readonly { readonly event: string; readonly detail: string }[];
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

type Form = Readonly<Record<string, string | readonly string[]>>;

/** For the specs: a sandbox and the fake hub that it calls, driven over HTTP. Its telephone runs fifty times too fast. */
export class Rig {
  private constructor(
    readonly hub: FakeHub,
    readonly sandbox: Sandbox,
  ) {}

  static async start(options: Partial<SandboxOptions> = {}): Promise<Rig> {
    const hub = await FakeHub.start(TOKEN);
    const accounts = [{ accountSid: ACCOUNT, authToken: TOKEN }] as const;
    const sandbox = await startSandbox({ port: 0, hubUrl: hub.url, accounts, ringScale: 0.02, ...options });
    return new Rig(hub, sandbox);
  }

  /** Stops both; returns what went wrong that no spec asked for. */
  async stop(): Promise<unknown[]> {
    const errors = this.sandbox.ledger.entries().filter(({ kind }) => kind === 'sandbox-error');
    await this.sandbox.close();
    await this.hub.close();
    return [...errors, ...this.hub.received.filter(({ isSigned }) => !isSigned)];
  }

  async control(method: string, path: string, body?: unknown): Promise<Answer> {
    const json = { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    return answerOf(
      await fetch(`${this.sandbox.url}/sandbox${path}`, { method, ...(body === undefined ? {} : json) }),
    );
  }

  /** Plays a call to its end. */
  async play(script: Record<string, unknown> = {}): Promise<Played> {
    const { body } = await this.control('POST', '/calls', {
      from: CUSTOMER,
      to: BUSINESS,
      wait: true,
      ...script,
    });
    return body as unknown as Played;
  }

  /** A REST request with the account's credentials; a form makes it a POST. */
  async rest(path: string, form?: Form, credentials = `${ACCOUNT}:${TOKEN}`): Promise<Answer> {
    const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
    const url = path.startsWith('/2010') ? path : `/2010-04-01/Accounts/${ACCOUNT}${path}`;
    const post = form ? { method: 'POST', body: encode(form) } : {};
    return answerOf(await fetch(`${this.sandbox.url}${url}`, { ...post, headers: { authorization } }));
  }

  /** Creates a message, with what is not given made up. */
  text(form: Form = {}): Promise<Answer> {
    return this.rest('/Messages.json', {
      From: BUSINESS,
      To: CUSTOMER,
      Body: 'Sorry we missed you',
      ...form,
    });
  }

  /** The one webhook received at this path. */
  only(path: string): Readonly<Record<string, string>> {
    const [first, ...more] = this.hub.at(path);
    if (!first || more.length > 0)
      throw new Error(`${more.length + (first ? 1 : 0)} webhooks at ${path}, not one`);
    return first.params;
  }

  /** What a phone went through, a line each. */
  async transcript(phone: string): Promise<string[]> {
    const { body } = await this.control('GET', `/transcript?number=${encodeURIComponent(phone)}`);
    const lines = body['lines'] as { event: string; text: string }[];
    return lines.map(({ event, text }) => `${event}${text === '' ? '' : `: ${text}`}`);
  }

  /** Twilio's error codes of the alerts so far. */
  alerts(): number[] {
    return this.sandbox.ledger
      .entries()
      .flatMap((entry) => (entry.kind === 'alert' ? [entry.errorCode] : []));
  }

  /** Waits, for two seconds at most, until it is so. */
  async until(isSo: () => boolean): Promise<void> {
    for (let tries = 0; !isSo(); tries += 1) {
      if (tries > 200) throw new Error(`never came true: ${isSo.toString()}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

function encode(form: Form): URLSearchParams {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(form)) {
    for (const each of [value].flat()) params.append(name, each);
  }
  return params;
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const body = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : { text };
  return { status: response.status, headers: response.headers, body };
}

import { randomUUID } from 'node:crypto';
import { Agent, request } from 'undici';
import type { Accounts } from './accounts.js';
import type { Ledger } from './ledger.js';
import { sign, withoutFragment, type Params } from './signature.js';
import type { Timers } from './timers.js';

export interface Webhook {
  readonly accountSid: string;
  /** What it is for, as the ledger names it: `voice`, `dial-action`, `message-status` … */
  readonly purpose: string;
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly params: Params;
}

export type WebhookAnswer =
  | { readonly ok: true; readonly contentType: string; readonly body: string }
  | { readonly ok: false; readonly errorCode: number; readonly reason: string };

interface Attempt {
  readonly status: number | null;
  readonly contentType: string;
  readonly body: string;
  readonly error: string | null;
}

const CONNECT_TIMEOUT_MS = 5_000;
const TOTAL_BUDGET_MS = 15_000;
const LONGEST_BODY = 65_536;

/** Sends signed requests to the hub: 15 s in all, one more try when the connection fails. */
export class WebhookSender {
  readonly #agent = new Agent({ connections: 256, connect: { timeout: CONNECT_TIMEOUT_MS } });
  #closed = false;

  constructor(
    private readonly accounts: Accounts,
    private readonly ledger: Ledger,
    private readonly timers: Timers,
  ) {}

  /** Never throws: a failure is an answer with Twilio's 112xx code. */
  async send(webhook: Webhook): Promise<WebhookAnswer> {
    if (!/^https?:\/\/[^/]/.test(webhook.url)) {
      return { ok: false, errorCode: 11100, reason: `Invalid URL format: ${webhook.url}` };
    }
    const signed = this.#signed(webhook);
    const sentAt = new Date();
    const { attempt, attempts } = await this.#tryTwice(signed);
    if (this.#closed) return { ok: false, errorCode: 11205, reason: 'the sandbox is closing' };
    this.ledger.record({
      kind: 'webhook',
      purpose: webhook.purpose,
      method: signed.method,
      url: signed.url,
      params: webhook.params,
      signature: signed.headers['x-twilio-signature'],
      idempotencyToken: signed.headers['i-twilio-idempotency-token'],
      attempts,
      sentAt: sentAt.toISOString(),
      ms: Date.now() - sentAt.getTime(),
      status: attempt.status,
      body: attempt.body,
      error: attempt.error,
    });
    return judge(attempt);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#agent.destroy();
  }

  #signed({ accountSid, url, method = 'POST', params }: Webhook) {
    const isGet = method === 'GET';
    const query = new URLSearchParams(params).toString();
    const plain = withoutFragment(url);
    const target = isGet ? `${plain}${plain.includes('?') ? '&' : '?'}${query}` : plain;
    const token = this.accounts.find(accountSid)?.authToken ?? '';
    return {
      method,
      url: target,
      body: isGet ? null : query,
      headers: {
        'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
        'user-agent': 'TwilioProxy/1.1',
        accept: '*/*',
        'x-twilio-signature': sign(token, target, isGet ? {} : params),
        'i-twilio-idempotency-token': randomUUID(),
      },
    };
  }

  async #tryTwice(signed: SignedRequest): Promise<{ attempt: Attempt; attempts: number }> {
    const budget = new AbortController();
    const cancel = this.timers.after(TOTAL_BUDGET_MS, () => budget.abort());
    try {
      const first = await this.#try(signed, budget.signal);
      if (first.status !== null || budget.signal.aborted || this.#closed)
        return { attempt: first, attempts: 1 };
      return { attempt: await this.#try(signed, budget.signal), attempts: 2 };
    } finally {
      cancel();
    }
  }

  async #try(signed: SignedRequest, signal: AbortSignal): Promise<Attempt> {
    try {
      const { url, method, headers, body } = signed;
      const answer = await request(url, { method, headers, body, signal, dispatcher: this.#agent });
      const contentType = String(answer.headers['content-type'] ?? '');
      const text = await answer.body.text();
      return { status: answer.statusCode, contentType, body: text.slice(0, LONGEST_BODY), error: null };
    } catch (error) {
      const reason = signal.aborted ? 'no answer within 15 s' : String(error);
      return { status: null, contentType: '', body: '', error: reason };
    }
  }
}

interface SignedRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly body: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

function judge({ status, contentType, body, error }: Attempt): WebhookAnswer {
  if (status === null) return { ok: false, errorCode: 11205, reason: `HTTP connection failure: ${error}` };
  if (status >= 200 && status < 300) return { ok: true, contentType, body };
  return { ok: false, errorCode: 11200, reason: `HTTP retrieval failure: status ${status}` };
}

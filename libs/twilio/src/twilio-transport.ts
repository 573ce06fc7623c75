import { Agent, request } from 'undici';
import twilio from 'twilio';

const CONNECT_MS = 10_000;
const TOTAL_MS = 20_000;
const CONCURRENT = 20;

/** The answer of Twilio's API as its SDK takes it. */
interface ApiResponse {
  readonly statusCode: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, unknown>>;
}

interface ApiRequest {
  readonly method: string;
  readonly uri: string;
  readonly username?: string;
  readonly password?: string;
  readonly headers?: object;
  readonly params?: unknown;
  readonly data?: unknown;
}

/** No connection was made, so no byte of the request left. */
export class NotConnected extends Error {}

/** Twilio said "too many": the request was not processed (twilio.com/docs/api/errors/20429). */
export class Throttled extends Error {
  constructor(readonly retryAfterMs: number) {
    super('Twilio asks to slow down.');
  }
}

const formOf = (fields: unknown): URLSearchParams => {
  const form = new URLSearchParams();
  for (const [key, value] of Object.entries(fields ?? {}) as [string, unknown][]) {
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined) form.append(key, String(one));
  }
  return form;
};

const NEVER_LEFT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

const neverLeft = (error: unknown): boolean => {
  if (error instanceof AggregateError) return error.errors.every(neverLeft);
  const code: unknown =
    typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && NEVER_LEFT.has(code);
};

const LONGEST_WAIT_SECONDS = 300;

/** `Retry-After` in milliseconds; a second when it is unreadable, five minutes when it is absurd. */
const waitOf = (header: unknown): number => {
  const seconds = Number(header);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, LONGEST_WAIT_SECONDS) * 1_000 : 1_000;
};

/**
 * The SDK's HTTP client, ours: every request goes to one origin, once, without redirects, on kept-alive
 * connections that are not reused when idle for 2 s (a stale one resets, and a reset is an unknown outcome).
 */
export class TwilioTransport extends twilio.RequestClient {
  private readonly agent = new Agent({
    connect: { timeout: CONNECT_MS },
    keepAliveTimeout: 2_000,
    keepAliveMaxTimeout: 2_000,
    connections: CONCURRENT,
    pipelining: 1,
  });

  constructor(private readonly origin: string) {
    super({ autoRetry: false });
  }

  /** @throws NotConnected, Throttled, or undici's error when the outcome is unknown */
  override async request<TData>(
    options: ApiRequest,
  ): Promise<ApiResponse & { body: TData; toString(): string }> {
    const answer = await request(this.urlOf(options), this.sheetOf(options)).catch((error: unknown) => {
      throw neverLeft(error) ? new NotConnected(String(error)) : error;
    });
    const { statusCode, headers } = answer;
    const text = await answer.body.text();
    if (statusCode === 429) throw new Throttled(waitOf(headers['retry-after']));
    const body = JSON.parse(text === '' ? '{}' : text) as TData;
    return { statusCode, body, headers, toString: () => `HTTP ${statusCode}` };
  }

  private urlOf({ uri, params }: ApiRequest): string {
    const { pathname, search } = new URL(uri);
    const query = [search.slice(1), formOf(params).toString()].filter((part) => part !== '').join('&');
    return `${this.origin}${pathname}${query === '' ? '' : '?'}${query}`;
  }

  private sheetOf({ method, username = '', password = '', data }: ApiRequest): Parameters<typeof request>[1] {
    const posts = method.toUpperCase() === 'POST';
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    const type = posts ? { 'content-type': 'application/x-www-form-urlencoded' } : {};
    return {
      dispatcher: this.agent,
      method: posts ? 'POST' : 'GET',
      headers: { authorization, accept: 'application/json', ...type },
      body: posts ? formOf(data).toString() : null,
      signal: AbortSignal.timeout(TOTAL_MS),
    };
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }
}

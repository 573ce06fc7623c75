import { Agent, request } from 'undici';
import twilio from 'twilio';

const CONNECT_MS = 10_000;
const TOTAL_MS = 20_000;
/** Reads have connections of their own: they never wait for creates, nor creates for them. */
const CONCURRENT = 6;
const UNAUTHORIZED = 401;

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
  readonly params?: unknown;
}

const queryOf = (fields: unknown): URLSearchParams => {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(fields ?? {}) as [string, unknown][]) {
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined) query.append(key, String(one));
  }
  return query;
};

/**
 * The SDK's HTTP client for reads, ours: every request goes to one origin, once, without redirects. Nothing is created
 * this way (post-once.ts).
 */
export class TwilioTransport extends twilio.RequestClient {
  private readonly agent = new Agent({
    connect: { timeout: CONNECT_MS },
    keepAliveTimeout: 2_000,
    keepAliveMaxTimeout: 2_000,
    connections: CONCURRENT,
    pipelining: 1,
  });

  /** @param refused told of an account and a token that the API did not take */
  constructor(
    private readonly origin: string,
    private readonly refused: (accountSid: string, token: string) => void,
  ) {
    super({ autoRetry: false });
  }

  override async request<TData>(
    options: ApiRequest,
  ): Promise<ApiResponse & { body: TData; toString(): string }> {
    if (options.method.toUpperCase() !== 'GET') throw new Error('This client reads only.');
    const answer = await request(this.urlOf(options), this.sheetOf(options));
    const { statusCode, headers } = answer;
    if (statusCode === UNAUTHORIZED) this.refused(options.username ?? '', options.password ?? '');
    const text = await answer.body.text();
    const body = JSON.parse(text === '' ? '{}' : text) as TData;
    return { statusCode, body, headers, toString: () => `HTTP ${statusCode}` };
  }

  private urlOf({ uri, params }: ApiRequest): string {
    const { pathname, search } = new URL(uri);
    const query = [search.slice(1), queryOf(params).toString()].filter((part) => part !== '').join('&');
    return `${this.origin}${pathname}${query === '' ? '' : '?'}${query}`;
  }

  private sheetOf({ username = '', password = '' }: ApiRequest): Parameters<typeof request>[1] {
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    return {
      dispatcher: this.agent,
      method: 'GET',
      headers: { authorization, accept: 'application/json' },
      signal: AbortSignal.timeout(TOTAL_MS),
    };
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }
}

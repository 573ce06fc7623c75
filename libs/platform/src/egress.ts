import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Agent, request } from 'undici';

import { Configuration } from './config.js';

/** A request to a sibling or a stranger. Times are milliseconds, sizes bytes. */
export interface EgressRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
  /** The most that is read of the answer. */
  readonly limitBytes?: number;
}

export interface EgressResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Ranges that are not on the public internet (IANA special-purpose registries, RFC 6890 and its updates). */
const RANGES: readonly [string, number, 'ipv4' | 'ipv6'][] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.0.2.0', 24, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['198.51.100.0', 24, 'ipv4'],
  ['203.0.113.0', 24, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  ['::', 3, 'ipv6'],
  ['2001:db8::', 32, 'ipv6'],
  ['2002::', 16, 'ipv6'],
  ['4000::', 2, 'ipv6'],
  ['8000::', 1, 'ipv6'],
];

const special = new BlockList();
for (const [net, prefix, family] of RANGES) special.addSubnet(net, prefix, family);

/** Whether an address is one of the public internet. */
export const isPublicAddress = (address: string): boolean => {
  const family = isIP(address);
  return family !== 0 && !special.check(address, family === 4 ? 'ipv4' : 'ipv6');
};

const publicLookup: LookupFunction = (host, options, done) => {
  lookup(host, { ...options, all: true }, (error, found) => {
    if (error !== null) return done(error, []);
    const allowed = found.filter(({ address }) => isPublicAddress(address));
    if (allowed.length === 0) return done(new Error(`${host} is not on the public internet`), []);
    return options.all === true
      ? done(null, allowed)
      : done(null, allowed[0]?.address ?? '', allowed[0]?.family);
  });
};

/**
 * The one client for outgoing HTTP but Twilio's. Origins that the operator configured are reached as they are;
 * any other must resolve to a public address, which is the very one connected to. No redirects, no retries.
 */
@Injectable()
export class Egress implements OnApplicationShutdown {
  private readonly trusted: ReadonlySet<string>;
  private readonly open = new Agent({ connect: { timeout: 5_000 }, keepAliveTimeout: 2_000 });
  private readonly guarded = new Agent({
    connect: { timeout: 5_000, lookup: publicLookup },
    keepAliveTimeout: 2_000,
  });

  constructor(settings: Configuration) {
    const origins = [settings.DISPATCH_BOT_URL, settings.AS_CALL_SERVICE_URL].flatMap((url) =>
      url === undefined ? [] : [new URL(url).host],
    );
    this.trusted = new Set([
      ...origins,
      ...(settings.EGRESS_ALLOW ?? '').split(',').filter((entry) => entry !== ''),
    ]);
  }

  /** @throws when the address is refused, nobody answers in time, or the answer is longer than its limit. */
  async send(what: EgressRequest): Promise<EgressResponse> {
    const dispatcher = this.dispatcherFor(new URL(what.url));
    const answer = await request(what.url, {
      method: what.method,
      dispatcher,
      headers: { 'user-agent': 'twilio-server', ...what.headers },
      body: what.body ?? null,
      signal: AbortSignal.timeout(what.timeoutMs),
    });
    const text = await this.read(answer.body, what.limitBytes ?? 65_536);
    return { status: answer.statusCode, headers: answer.headers, text };
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.open.destroy(), this.guarded.destroy()]);
  }

  private dispatcherFor(url: URL): Agent {
    if (this.trusted.has(url.host)) return this.open;
    if (url.protocol !== 'https:' || url.username !== '' || url.password !== '') {
      throw new Error('Only https addresses without a user are reached.');
    }
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0 && !isPublicAddress(host)) throw new Error(`${host} is not on the public internet`);
    return this.guarded;
  }

  private async read(body: AsyncIterable<unknown>, limit: number): Promise<string> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of body) {
      const bytes: Uint8Array = chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk));
      size += bytes.length;
      if (size > limit) throw new Error(`The answer is longer than ${limit} bytes.`);
      chunks.push(bytes);
    }
    return Buffer.concat(chunks).toString('utf8');
  }
}

import { timingSafeEqual } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import { Configuration, Sealer } from '#libs/platform';

/** What a callback URL of ours carries to the next decision. */
export type Carried = Readonly<Record<string, string>>;

const PREFIX = '/webhooks/twilio/';
const PARAMETER = 'c';

/**
 * Callback URLs, always below PUBLIC_URL. Each carries what the next decision needs and our own code over that,
 * the route and the account: Twilio's signature alone proves only that somebody's account signed it.
 */
@Injectable()
export class CallbackUrls {
  constructor(
    private readonly settings: Configuration,
    private readonly sealer: Sealer,
  ) {}

  /** @param route such as `call/dial`: it is part of what is authenticated */
  to(route: string, accountSid: string, carried: Carried): string {
    const packed = Buffer.from(JSON.stringify(carried)).toString('base64url');
    return `${this.settings.publicUrl}${PREFIX}${route}?${PARAMETER}=${packed}.${this.mac(route, accountSid, packed)}`;
  }

  /** What a request's URL carries; null when it carries nothing, `forged` when the code is wrong. */
  read(path: string, query: unknown, accountSid: string): Carried | null | 'forged' {
    if (query === undefined) return null;
    const [packed, mac] = typeof query === 'string' ? query.split('.') : [];
    const right = Buffer.from(this.mac(path.slice(PREFIX.length), accountSid, packed ?? ''));
    const given = Buffer.from(mac ?? '');
    if (packed === undefined || given.length !== right.length || !timingSafeEqual(given, right))
      return 'forged';
    return JSON.parse(Buffer.from(packed, 'base64url').toString('utf8')) as Carried;
  }

  private mac(route: string, accountSid: string, packed: string): string {
    return this.sealer.mac(`${route}\n${accountSid}\n${packed}`, 'callback-url');
  }
}

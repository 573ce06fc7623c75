import type { KnownAccount } from '../accounts/account-slice.js';

/**
 * Which of an account's tokens is tried first: the primary, unless Twilio refused it last. While tokens are rotated the
 * one that we call the second may be the only one.
 */
export class TokenOrder {
  private readonly refused = new Map<string, string>();

  of({ accountSid, tokens }: KnownAccount): readonly string[] {
    const last = this.refused.get(accountSid);
    return tokens.toSorted((a, b) => Number(a === last) - Number(b === last));
  }

  /** Twilio did not take this one: another is tried first from now on. */
  refuse(accountSid: string, token: string): void {
    this.refused.set(accountSid, token);
  }
}

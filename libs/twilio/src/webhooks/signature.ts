import { Injectable } from '@nestjs/common';
import twilio from 'twilio';

import { Accounts } from '../accounts/accounts.js';
import type { WebhookForm } from './webhook-form.js';

/** What the check needs of a request. `url` is the configured public one and the raw path and query. */
export interface SignedRequest {
  readonly url: string;
  readonly signature: string | undefined;
  readonly form: WebhookForm;
}

/** Whether a token signed this request (X-Twilio-Signature, as Twilio's own library computes it). */
export const isSignedWith = (token: string, { url, signature, form }: SignedRequest): boolean => {
  if (signature === undefined || signature === '') return false;
  if (form.json !== null) return twilio.validateRequestWithBody(token, signature, url, form.json);
  return twilio.validateRequest(token, signature, url, form.params as Record<string, unknown>);
};

/** Verifies X-Twilio-Signature against the account that a request names, with either of its tokens. */
@Injectable()
export class Signatures {
  constructor(private readonly accounts: Accounts) {}

  /** The account that signed the request; null when none that we know did. */
  signerOf(request: SignedRequest): string | null {
    const named = this.namedIn(request.form);
    const account = named === undefined ? undefined : this.accounts.known(named);
    const candidates =
      named === undefined ? this.accounts.allKnown() : account === undefined ? [] : [account];
    for (const { accountSid, tokens } of candidates) {
      if (tokens.some((token) => isSignedWith(token, request))) return accountSid;
    }
    return null;
  }

  /** The one account named; undefined when the request names none, and any may have signed it. */
  private namedIn({ params, json }: WebhookForm): string | undefined {
    if (json !== null) return undefined;
    const named = params['AccountSid'];
    return Array.isArray(named) ? named[0] : named;
  }
}

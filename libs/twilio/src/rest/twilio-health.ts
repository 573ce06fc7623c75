import { Injectable } from '@nestjs/common';

import { isUnauthorized, type SendOutcome } from './send-answer.domain.js';

/** How the last requests to Twilio went, by account. */
export interface TwilioState {
  readonly status: 'ok' | 'degraded';
  /** Accounts whose last request failed on Twilio's side or was refused as unauthorized. */
  readonly failing: readonly string[];
}

/** Twilio's health as our own requests see it; never asked by a probe that decides over our life. */
@Injectable()
export class TwilioHealth {
  private readonly failing = new Map<string, string>();

  answered(accountSid: string, outcome: SendOutcome): void {
    const failed = outcome.kind === 'unknown' || outcome.kind === 'not-sent';
    const locked = isUnauthorized(outcome);
    if (failed || locked) this.failing.set(accountSid, outcome.kind);
    else this.failing.delete(accountSid);
  }

  get state(): TwilioState {
    return { status: this.failing.size === 0 ? 'ok' : 'degraded', failing: [...this.failing.keys()] };
  }
}

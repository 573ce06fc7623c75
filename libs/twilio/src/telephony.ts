import type { Berth } from './rest/berths.js';
import type { SendOutcome } from './rest/send-answer.domain.js';

/** A text to hand to the carrier, all of it decided. */
export interface OutgoingText {
  readonly accountSid: string;
  readonly from: string;
  readonly messagingServiceSid: string | null;
  readonly to: string;
  readonly body: string;
  readonly mediaUrls: readonly string[];
  /** Per attempt, so that even a lost answer can be bound. */
  readonly statusCallback: string;
}

/** A message as the carrier lists it. */
export interface ListedMessage {
  readonly sid: string;
  readonly direction: 'inbound' | 'outbound';
  readonly to: string;
  readonly from: string;
  readonly messagingServiceSid: string | null;
  readonly body: string;
  readonly status: string;
  readonly errorCode: string | null;
  readonly createdAt: Date | null;
  readonly numMedia: number;
}

/** A call, or a leg of one, as the carrier lists it. */
export interface ListedCall {
  readonly sid: string;
  /** Null for a call that came in. */
  readonly parentCallSid: string | null;
  readonly direction: 'inbound' | 'outbound';
  readonly from: string;
  readonly to: string;
  readonly status: string;
  readonly durationSeconds: number | null;
  readonly startedAt: Date;
  /** Null while it lives. */
  readonly endedAt: Date | null;
}

/** A picture of a message. */
export interface ListedMedia {
  readonly url: string;
  readonly contentType: string;
}

/** Whose messages are listed: from a number to another, or by a messaging service, which may use any number. */
export interface Between {
  readonly from: string;
  readonly messagingServiceSid: string | null;
  readonly to: string;
}

/** The carrier, as the rest of the hub sees it. Its creates are not idempotent. */
export abstract class Telephony {
  /** A place for one create; nobody hands over without one. */
  abstract berth(): Berth;
  /**
   * Hands a text over, once.
   * @param mayLeave asked in the tick in which the request is written; no byte leaves when it says no
   */
  abstract send(text: OutgoingText, mayLeave: () => boolean): Promise<SendOutcome>;
  /** Messages between two numbers, newest first. @throws when they cannot be had back to `since` */
  abstract messagesBetween(
    accountSid: string,
    between: Between,
    since: Date,
  ): Promise<readonly ListedMessage[]>;
  /** One message; null when the carrier has it no more. @throws when it cannot be had */
  abstract message(accountSid: string, sid: string): Promise<ListedMessage | null>;
  /** Every message of an account, in pages, newest first, back to `since`. @throws when they cannot be had */
  abstract messagesSince(accountSid: string, since: Date): AsyncIterable<readonly ListedMessage[]>;
  /** Every call and leg of an account, in pages, newest first, back to `since`. @throws when they cannot be had */
  abstract callsSince(accountSid: string, since: Date): AsyncIterable<readonly ListedCall[]>;
  /** A message's pictures; none when the carrier has them no more. @throws when they cannot be had */
  abstract mediaOf(accountSid: string, messageSid: string): Promise<readonly ListedMedia[]>;
}

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

/**
 * What became of handing it over. `not-sent` is proof that no byte of it left; `unknown` is anything that may
 * have reached Twilio: it is never tried again blindly.
 */
export type SendOutcome =
  | { readonly kind: 'accepted'; readonly sid: string }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'put-off'; readonly retryAfterMs: number }
  | { readonly kind: 'not-sent'; readonly error: string }
  | { readonly kind: 'unknown'; readonly error: string };

/** A message as the carrier lists it. */
export interface ListedMessage {
  readonly sid: string;
  readonly to: string;
  readonly from: string;
  readonly body: string;
  readonly status: string;
  readonly errorCode: string | null;
  readonly createdAt: Date | null;
  readonly direction: 'inbound' | 'outbound';
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

/** The carrier, as the rest of the hub sees it. Its creates are not idempotent. */
export abstract class Telephony {
  abstract send(text: OutgoingText): Promise<SendOutcome>;
  /** Messages between two numbers, newest first. @throws when the list cannot be had */
  abstract messagesBetween(accountSid: string, from: string, to: string): Promise<readonly ListedMessage[]>;
  /** Every message of an account, in pages, newest first, back to `since`. @throws when they cannot be had */
  abstract messagesSince(accountSid: string, since: Date): AsyncIterable<readonly ListedMessage[]>;
  /** Every call and leg of an account, in pages, newest first, back to `since`. @throws when they cannot be had */
  abstract callsSince(accountSid: string, since: Date): AsyncIterable<readonly ListedCall[]>;
  /** A message's pictures. @throws when they cannot be had */
  abstract mediaOf(accountSid: string, messageSid: string): Promise<readonly ListedMedia[]>;
}

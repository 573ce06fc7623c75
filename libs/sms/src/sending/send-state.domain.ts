import type { MessageStatus } from '../message.domain.js';
import type { SendKind, Since } from './resend.domain.js';

/**
 * `open`: committed, and nobody has said what became of it. `unknown`: it may have reached Twilio. `not-sent` and
 * `put-off`: proof that it was not taken. `absent`: two of Twilio's lists, half a minute apart, lacked it.
 */
export type AttemptOutcome = 'open' | 'accepted' | 'refused' | 'put-off' | 'not-sent' | 'unknown' | 'absent';

/** One try to hand a text over. Times are milliseconds since the epoch, by the database's clock. */
export interface Attempt {
  readonly id: string;
  readonly outcome: AttemptOutcome;
  /** t0: when it was opened, before the first byte. */
  readonly openedAt: number;
  /** When Twilio's list is looked into next; one that was asked for earlier says nothing. */
  readonly lookAt: number;
  readonly looks: number;
  /** How many looks were answered by a list without it. */
  readonly absences: number;
  readonly sid: string | null;
  /** Why it was refused, or what is known of its unknown end. */
  readonly code: string | null;
}

/** A text on its way out: its row, and its attempts, oldest first. */
export interface Send extends SendKind {
  readonly status: MessageStatus;
  /** Put off until then, in milliseconds since the epoch. */
  readonly notBefore: number;
  /** Twilio's, once it is known: never more than one. */
  readonly sid: string | null;
  readonly errorCode: string | null;
  readonly attempts: readonly Attempt[];
}

/** What a request came to. `not-sent` is proof that no byte of it left. */
export type Answer =
  | { readonly kind: 'accepted'; readonly sid: string }
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'put-off'; readonly retryAfterMs: number }
  | { readonly kind: 'not-sent'; readonly error: string }
  | { readonly kind: 'unknown'; readonly error: string };

/** What Twilio's list says of an attempt; `unclear` when it could not be had, or could not tell. */
export type Finding =
  | { readonly kind: 'matched'; readonly attemptId: string; readonly sid: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unclear'; readonly why: string };

/** What happens to a send; `at` is in milliseconds by the database's clock, read after the row's lock. */
export type SendEvent = { readonly at: number } & (
  | { readonly kind: 'claimed'; readonly attemptId: string }
  | {
      readonly kind: 'answered';
      readonly attemptId: string;
      readonly answer: Answer;
      /** 0 to 1, drawn by the caller: how much of the back-off is waited. */
      readonly jitter: number;
    }
  | {
      readonly kind: 'called-back';
      readonly attemptId: string;
      readonly sid: string;
      readonly word: string;
      readonly code: string | null;
    }
  | {
      readonly kind: 'looked';
      /** Before the list was asked for; a process may sleep long between that and this. */
      readonly askedAt: number;
      readonly attemptId: string;
      readonly finding: Finding;
      readonly since: Since;
    }
  | { readonly kind: 'resolved'; readonly as: 'resend' | 'discard' }
  | { readonly kind: 'withdrawn' }
  /** After a restore: a message that Twilio lists turned out to be this one. */
  | { readonly kind: 'found'; readonly sid: string }
  /** It makes no sense any more, or, after a restore, it is not to be sent any more. */
  | { readonly kind: 'dropped'; readonly why: string }
  /** After a restore: it may be what Twilio lists without its text. */
  | { readonly kind: 'doubted' }
);

/** What is to be done in the same transaction; `request` alone is done after its commit. */
export type Effect =
  | { readonly kind: 'request'; readonly attemptId: string }
  | { readonly kind: 'look'; readonly attemptId: string; readonly at: number }
  /** This text is due then. */
  | { readonly kind: 'wake'; readonly at: number }
  /** Its conversation's way is free for the next. */
  | { readonly kind: 'next' }
  | { readonly kind: 'own'; readonly sid: string }
  | { readonly kind: 'announce'; readonly event: 'message.sent' | 'message.status' }
  /** The code says something of the contact. */
  | { readonly kind: 'learn'; readonly code: string }
  | { readonly kind: 'held'; readonly why: string };

export interface SendRules {
  /** W: how long after t0 Twilio may still accept, and its list is left alone. */
  readonly windowMs: number;
}

export interface Step {
  /** The very same object when nothing changed. */
  readonly send: Send;
  readonly effects: readonly Effect[];
}

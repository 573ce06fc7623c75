import type { Author, Purpose } from '../message.domain.js';

/** What kind of text it is; `createdAt` in milliseconds since the epoch. */
export interface SendKind {
  readonly author: Author;
  readonly purpose: Purpose;
  readonly createdAt: number;
  /** Automatic texts were canceled while it was under way: should it come back, it is not sent again. */
  readonly recalled: boolean;
}

/** What was written in the conversation after this text was. */
export interface Since {
  /** By the customer, and it takes a step of the conversation: what makes an answer stale has another one begun. */
  readonly inbound: boolean;
  readonly human: boolean;
}

/** What becomes of a text that Twilio never got, by its lists. */
export type Resend =
  | { readonly kind: 'resend' }
  | { readonly kind: 'drop'; readonly why: 'too-late' | 'stale' }
  | { readonly kind: 'hold'; readonly why: 'absent' };

/** The first, and two after an absence: with fewer, more than one in a thousand would be held where every fifth answer is lost. */
const MOST_ATTEMPTS = 3;
/** A call that was missed longer ago is not answered by a text any more. */
export const TEXT_BACK_MS = 10 * 60_000;
/** 47 CFR 64.1200(a)(12): one confirmation of an opt-out, within five minutes. */
const CONFIRMATION_MS = 5 * 60_000;

const MOST_AGE_MS: Partial<Readonly<Record<Purpose, number>>> = {
  'text-back': TEXT_BACK_MS,
  'opt-out-confirmation': CONFIRMATION_MS,
};

/**
 * Whether a text of this kind makes no sense any more.
 * @param ageMs how long it has been due
 */
export const isTooLate = (purpose: Purpose, ageMs: number): boolean =>
  ageMs >= (MOST_AGE_MS[purpose] ?? Number.POSITIVE_INFINITY);

const DOUBTFUL: readonly string[] = ['open', 'unknown', 'absent', 'accepted'];

/** Whether an attempt with this outcome may have reached Twilio. */
export const isDoubtful = (outcome: string): boolean => DOUBTFUL.includes(outcome);

/** When the first attempt was opened that may have reached Twilio. */
export const firstDoubtAt = (
  attempts: readonly { readonly outcome: string; readonly openedAt: number }[],
): number =>
  Math.min(...attempts.filter(({ outcome }) => isDoubtful(outcome)).map(({ openedAt }) => openedAt));

/** Whether it answers what the customer wrote last. */
export const isAnswer = ({ author, purpose }: Pick<SendKind, 'author' | 'purpose'>): boolean =>
  author === 'ai' || purpose === 'holding';

type Judged = SendKind & { readonly tries: number; readonly age: number; readonly since: Since };

const isStale = ({ since, ...kind }: Judged): boolean =>
  kind.recalled ||
  (isAnswer(kind) && (since.inbound || since.human)) ||
  (kind.purpose === 'text-back' && since.human);

/** The first that holds decides. */
const VERDICTS: readonly (readonly [Resend, (judged: Judged) => boolean])[] = [
  [{ kind: 'hold', why: 'absent' }, ({ tries, author }) => tries >= MOST_ATTEMPTS || author === 'human'],
  [{ kind: 'drop', why: 'too-late' }, ({ age, purpose }) => isTooLate(purpose, age)],
  [{ kind: 'drop', why: 'stale' }, isStale],
];

/**
 * Sent again twice at most, by kind: a human's text is the human's to decide; a text-back only while it still makes sense; an
 * answer only when nobody wrote since, HELP and START aside.
 */
export const resendOf = (
  send: SendKind & { readonly attempts: readonly { readonly outcome: string }[] },
  { at, since }: { readonly at: number; readonly since: Since },
): Resend => {
  const tries = send.attempts.filter(({ outcome }) => isDoubtful(outcome)).length;
  const judged = { ...send, tries, age: at - send.createdAt, since };
  return VERDICTS.find(([, holds]) => holds(judged))?.[0] ?? { kind: 'resend' };
};

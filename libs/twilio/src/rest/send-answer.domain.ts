import { policyOf } from './error-policy.domain.js';

/** What Twilio answered to a create. */
export interface CreateReply {
  readonly status: number;
  /** The `Retry-After` header. */
  readonly retryAfter: string | undefined;
  readonly text: string;
}

/**
 * What became of handing a text over. `not-sent` is proof that no byte of it left; `unknown` is anything that may
 * have reached Twilio: it is never tried again blindly.
 */
export type SendOutcome =
  | { readonly kind: 'accepted'; readonly sid: string }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'put-off'; readonly retryAfterMs: number }
  | { readonly kind: 'not-sent'; readonly error: string }
  | { readonly kind: 'unknown'; readonly error: string };

const LONGEST_WAIT_SECONDS = 300;
const QUEUE_FULL_WAIT_MS = 60_000;
/** Twilio's code for a token that it does not take, and what a 401 without any code becomes. */
const UNAUTHORIZED: readonly string[] = ['20003', 'http-401'];
/** A gateway gave up waiting: what stands behind it may have had the request. */
const TIMED_OUT = 408;

/** `Retry-After` in milliseconds; a second when it is unreadable, five minutes when it is absurd. */
const waitOf = (header: string | undefined): number => {
  const seconds = Number(header);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, LONGEST_WAIT_SECONDS) * 1_000 : 1_000;
};

const fieldsOf = (text: string): Readonly<Record<string, unknown>> => {
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === 'object' && read !== null ? { ...read } : {};
  } catch {
    return {};
  }
};

const accepted = (text: string): SendOutcome => {
  const { sid } = fieldsOf(text);
  return typeof sid === 'string' && sid !== ''
    ? { kind: 'accepted', sid }
    : { kind: 'unknown', error: 'no SID in the answer' };
};

const refused = (status: number, text: string): SendOutcome => {
  const { code: given, message } = fieldsOf(text);
  const code = typeof given === 'number' ? String(given) : `http-${status}`;
  if (policyOf(code) === 'put-off') return { kind: 'put-off', retryAfterMs: QUEUE_FULL_WAIT_MS };
  return { kind: 'refused', code, message: typeof message === 'string' ? message : '' };
};

/** An answer's meaning: 429 is never processed (error 20429); another 4xx is a refusal; 3xx and 5xx tell nothing. */
export const outcomeOf = ({ status, retryAfter, text }: CreateReply): SendOutcome => {
  if (status >= 200 && status < 300) return accepted(text);
  if (status === 429) return { kind: 'put-off', retryAfterMs: waitOf(retryAfter) };
  if (status >= 400 && status < 500 && status !== TIMED_OUT) return refused(status, text);
  return { kind: 'unknown', error: `HTTP ${status}` };
};

/** Whether the token was not taken: proof that nothing was created, so another may be tried. */
export const isUnauthorized = (outcome: SendOutcome): boolean =>
  outcome.kind === 'refused' && UNAUTHORIZED.includes(outcome.code);

import { ALIKE_MINUTES } from '../sending/pace.domain.js';
import type { AttemptOutcome, Finding } from '../sending/send-state.domain.js';

/** A message as Twilio lists it, between the two numbers, that belongs to none of ours so far. */
export interface Listed {
  readonly sid: string;
  readonly body: string;
  /** Milliseconds since the epoch, by Twilio's clock; null when it does not say. */
  readonly createdAt: number | null;
}

/** How an attempt stands that a row of the list may belong to. */
export const UNPROVEN_OUTCOMES: readonly AttemptOutcome[] = ['open', 'unknown', 'absent'];

/** An attempt of ours with the same numbers and text that no SID is known of. */
export interface Unproven {
  readonly attemptId: string;
  readonly messageId: string;
  readonly openedAt: number;
  /** Its process may still be waiting for the answer. */
  readonly open: boolean;
}

/** One between the same two numbers, whatever its text: a row that is not like ours may belong to it. */
export interface UnprovenOther extends Unproven {
  readonly body: string;
}

/** What is looked for: a message, and every attempt of ours that it could be mistaken for, its own among them. */
export interface Search {
  readonly messageId: string;
  readonly body: string;
  readonly sends: readonly Unproven[];
}

/** What is looked for in a list; its `sends` are all between the same two numbers of which no SID is known. */
export interface Inquiry {
  readonly messageId: string;
  readonly body: string;
  /** When its first attempt was opened that may have reached Twilio. */
  readonly firstAt: number;
  readonly sends: readonly UnprovenOther[];
  /** SIDs of the list that are known to be somebody's. */
  readonly owned: readonly string[];
}

/** Twilio's clock may be behind the database's by so much, and its times are whole seconds. */
export const CLOCKS_APART_MS = 5_000;
/** A clock may be wrong by more: what is nobody's and was listed like ours so shortly before may be ours. */
const CLOCKS_WRONG_MS = ALIKE_MINUTES * 60_000;

/** Twilio's own words, before those of each text that a trial account sends. */
const TRIAL_WORDS = 'Sent from your Twilio trial account - ';

/** The words that were sent, of those that Twilio lists. */
export const sentWords = (listed: string): string =>
  listed.startsWith(TRIAL_WORDS) ? listed.slice(TRIAL_WORDS.length) : listed;

const isLike = ({ body: listed }: Listed, body: string): boolean =>
  listed === body || sentWords(listed) === body;

const isSince = (createdAt: number | null, at: number): boolean =>
  createdAt === null || createdAt >= at - CLOCKS_APART_MS;
const since =
  (at: number) =>
  ({ createdAt }: Listed): boolean =>
    isSince(createdAt, at);

const newestFirst = <T extends { readonly at: number; readonly key: string }>(a: T, b: T): number =>
  b.at - a.at || (a.key < b.key ? 1 : -1);

type Pairs = ReadonlyMap<string, string>;

/**
 * SIDs by attempt, newest to newest: what Twilio lacked before has no claim on the row of a like text sent since. Null
 * when some row fits no send that is left: more rows than sends.
 */
const pairsOf = (rows: readonly Listed[], sends: readonly Unproven[]): Pairs | null => {
  const left = sends.map((one) => ({ ...one, at: one.openedAt, key: one.attemptId })).toSorted(newestFirst);
  const ordered = rows.map((row) => ({ ...row, at: row.createdAt ?? 0, key: row.sid })).toSorted(newestFirst);
  const pairs = new Map<string, string>();
  for (const { sid, createdAt } of ordered) {
    const fits = left.findIndex(({ openedAt }) => isSince(createdAt, openedAt));
    const [send] = fits === -1 ? [] : left.splice(fits, 1);
    if (send === undefined) return null;
    pairs.set(send.attemptId, sid);
  }
  return pairs;
};

const unclear = (why: string): Finding => ({ kind: 'unclear', why });

const matchIn = (pairs: Pairs, { messageId, sends }: Search): Finding => {
  const isContested =
    pairs.size < sends.length && sends.some((one) => one.open && one.messageId !== messageId);
  if (pairs.size > 0 && isContested) return unclear('its-like-is-under-way');
  const mine = sends.find((one) => one.messageId === messageId && pairs.has(one.attemptId));
  const sid = pairs.get(mine?.attemptId ?? '');
  if (mine === undefined || sid === undefined) return { kind: 'absent' };
  return { kind: 'matched', attemptId: mine.attemptId, sid };
};

const hasLikeBefore = (listed: readonly Listed[], body: string, firstAt: number): boolean =>
  listed
    .filter(since(firstAt - CLOCKS_WRONG_MS))
    .some((row) => !isSince(row.createdAt, firstAt) && (row.body === '' || isLike(row, body)));

/**
 * What a list says of a message, as a multiset: so many rows for so many sends of ours, newest to newest. There is no
 * upper bound in time, on purpose: a row that comes later than W is late acceptance, and to overlook it would double.
 * @param listed null when the list could not be had, or did not reach back to the first of these sends
 */
export const findingOf = (listed: readonly Listed[] | null, search: Search): Finding => {
  if (listed === null) return unclear('list-unavailable');
  const { body, sends } = search;
  const firstAt = Math.min(...sends.map(({ openedAt }) => openedAt));
  const recent = listed.filter(since(firstAt));
  if (body !== '' && recent.some((row) => row.body === '')) return unclear('redacted');
  const pairs = pairsOf(
    recent.filter((row) => isLike(row, body)),
    sends,
  );
  if (pairs === null) return unclear('more-listed-than-sent');
  const finding = matchIn(pairs, search);
  return finding.kind === 'absent' && hasLikeBefore(listed, body, firstAt)
    ? unclear('its-like-is-listed-before-it')
    : finding;
};

/** Whether rows of another text are all explained by sends of that text. */
const explains = (rows: readonly Listed[], others: readonly UnprovenOther[], body: string): boolean =>
  pairsOf(
    rows.filter((row) => isLike(row, body)),
    others.filter((one) => one.body === body),
  ) !== null;

/**
 * Believes an absence only when every row since the message's first attempt is explained: Twilio may have changed our
 * words (Smart Encoding replaces characters), and a text that is sent again would then be doubled.
 * @param firstAt when the message's first attempt was opened
 */
export const doubtAbsence = (
  finding: Finding,
  listed: readonly Listed[],
  {
    body,
    firstAt,
    others,
  }: { readonly body: string; readonly firstAt: number; readonly others: readonly UnprovenOther[] },
): Finding => {
  if (finding.kind !== 'absent') return finding;
  const unlike = listed.filter(since(firstAt)).filter((row) => !isLike(row, body));
  const bodies = [...new Set(others.map((one) => one.body))];
  const isExplained =
    unlike.every((row) => bodies.some((one) => isLike(row, one))) &&
    bodies.every((one) => explains(unlike, others, one));
  return isExplained ? finding : unclear('unlike-text');
};

/** From when on a list is read, to find a text whose first attempt was opened then, and all that is like it. */
export const listedFrom = (firstAt: number, now: number): number =>
  Math.min(firstAt, now - ALIKE_MINUTES * 60_000) - CLOCKS_APART_MS;

/** What a list says of a message, an absence only believed when nothing in it is left to explain. */
export const findingIn = (listed: readonly Listed[] | null, inquiry: Inquiry): Finding => {
  if (listed === null) return unclear('list-unavailable');
  const { messageId, body, firstAt, sends, owned } = inquiry;
  const free = listed.filter(({ sid }) => !owned.includes(sid));
  const alike = sends.filter((one) => one.body === body);
  const others = sends.filter((one) => one.body !== body);
  return doubtAbsence(findingOf(free, { messageId, body, sends: alike }), free, { body, firstAt, others });
};

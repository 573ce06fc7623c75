import type { CallEvent } from '../../libs/calls/src/heard.domain.js';
import { step } from '../../libs/sms/src/sending/send.domain.js';
import type { Send, SendEvent } from '../../libs/sms/src/sending/send-state.domain.js';
import { tryAll, type Alphabet, type Tried } from './arrangements.js';
import { handsThatBreakALaw } from './hands.js';
import { CALL_ENDS, carriedBy, happens, truthOf, wordsOf, type CallEnd } from './outside/call-ends.js';
import { hear, UNHEARD, verdictOf, type Hearing } from './verdicts.js';

const W = 90_000;
const SID = 'SM1';
const RULES = { windowMs: W };

/** The webhooks of a call that ends in one way, each under its name. */
const callAlphabet = (end: CallEnd, screening: 'none' | 'keypress'): Alphabet<Hearing, CallEvent> => {
  const plan = end === 'unattended' ? 'unattended' : end === 'rejected' ? 'reject' : 'dial';
  const context = carriedBy(end, screening);
  const incoming = { kind: 'call.incoming', sid: 'CA1', params: {}, context: { ...context, plan } };
  const words = wordsOf('CA1', end, 8_000, 20_000).map((word) => ({ ...word, sid: 'CA1', context }));
  return {
    name: `the webhooks of a call: ${end}, ${screening}`,
    letters: [incoming, ...words],
    begin: UNHEARD,
    take: hear,
    end: verdictOf,
    truth: happens(end, screening) ? truthOf(end) : null,
    spell: ({ kind, params: { CallStatus, DialCallStatus, Digits } }) =>
      `${kind} ${CallStatus ?? DialCallStatus ?? Digits ?? ''}`.trim(),
  };
};

const opened: Send = step(
  {
    author: 'system',
    purpose: 'text-back',
    createdAt: 0,
    recalled: false,
    status: 'queued',
    notBefore: 0,
    sid: null,
    errorCode: null,
    attempts: [],
  },
  { kind: 'claimed', at: 0, attemptId: 'a' },
  RULES,
).send;

const sendAlphabet = (
  name: string,
  last: string,
  letters: readonly SendEvent[],
): Alphabet<Send, SendEvent> => ({
  name: `${name}: ${last}`,
  letters,
  begin: opened,
  take: (send, event) => step(send, event, RULES).send,
  end: ({ status, sid }) => `${status} ${sid}`,
  truth: `${last} ${SID}`,
  spell: (event) => (event.kind === 'called-back' ? event.word : JSON.stringify(event)),
});

const said = (word: string): SendEvent => ({
  kind: 'called-back',
  at: W,
  attemptId: 'a',
  sid: SID,
  word,
  code: null,
});
const base = { at: W, attemptId: 'a' } as const;
const accepted: SendEvent = { ...base, kind: 'answered', answer: { kind: 'accepted', sid: SID }, jitter: 0 };
const lost: SendEvent = { ...base, kind: 'answered', answer: { kind: 'unknown', error: 'reset' }, jitter: 0 };
const looked = { kind: 'looked', attemptId: 'a', since: { inbound: false, human: false } } as const;
/** The one that finds it is asked last, when a look is due whatever was looked for before. */
const LATE = 5 * W;
const matched: SendEvent = {
  ...looked,
  at: LATE,
  askedAt: LATE,
  finding: { kind: 'matched', attemptId: 'a', sid: SID },
};
const unclear: SendEvent = {
  ...looked,
  at: W,
  askedAt: W,
  finding: { kind: 'unclear', why: 'list-unavailable' },
};

const sendAlphabets = ['delivered', 'undelivered', 'failed', 'sent'].flatMap((last) => [
  sendAlphabet(
    'the statuses of a text',
    last,
    [...new Set(['queued', 'sending', 'accepted', 'sent', 'pwned', last])].map(said),
  ),
  sendAlphabet('the answers, lists and callbacks of an attempt', last, [
    accepted,
    lost,
    matched,
    unclear,
    ...[...new Set(['queued', 'sent', last])].map(said),
  ]),
]);

/** How many orders were tried, by alphabet, and those that end otherwise than their like. */
export const ordersThatDiffer = (): {
  readonly tried: readonly (readonly [string, number])[];
  readonly differ: readonly string[];
} => {
  const calls = (['none', 'keypress'] as const).flatMap((screening) =>
    CALL_ENDS.map((end) => tryAll(callAlphabet(end, screening))),
  );
  const sends = sendAlphabets.map((alphabet) => tryAll(alphabet));
  const hands = handsThatBreakALaw();
  const sum = (all: readonly Tried[]): number => all.reduce((total, { orders }) => total + orders, 0);
  return {
    tried: [
      ["a call's webhooks, up to 6 of them", sum(calls)],
      ["a text's statuses, answers, lists and callbacks, up to 6 of them", sum(sends)],
      ['what happens to a conversation, up to 6 events', hands.orders],
    ],
    differ: [...calls, ...sends, hands].flatMap(({ differ }) => differ),
  };
};

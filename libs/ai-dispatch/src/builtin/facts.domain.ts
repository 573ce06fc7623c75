import type { Fact, Line } from '../dispatch.domain.js';
import { addressAnswer, findAddress, unitAlone } from './address.domain.js';
import { findName, nameAnswer } from './name.domain.js';
import { findProblem, isSmallTalk } from './problem.domain.js';
import {
  hasSignal,
  isAttack,
  isReaction,
  isUnwilling,
  type Language,
  languageOf,
  mentionedIn,
} from './signals.domain.js';
import { cleaned, cut, fold, type Reading, reading, said, type Span, without } from './text.domain.js';
import { findTime, timeAnswer } from './time.domain.js';

export type Facts = Readonly<Partial<Record<Fact, string>>>;

/** What a history tells, as far as it was read. */
export interface Known {
  readonly facts: Facts;
  readonly refused: ReadonlySet<Fact>;
  readonly asked: readonly Fact[];
  readonly pending: Fact | null;
  readonly language: Language;
  readonly aiSpoke: boolean;
  readonly handedOff: boolean;
  /** What the customer wrote since anyone else did, folded. */
  readonly latest: string;
  readonly gotNews: boolean;
}

const cues: readonly (readonly [Fact, RegExp])[] = [
  ['name', /\b(?:name|nombre|como se llama|whom? am i)\b/],
  ['address', /\b(?:address|where|located|location|direccion|donde)\b/],
  ['time', /\b(?:when|what time|good time|best time|a que hora|cuando|hora)\b/],
  ['problem', /\b(?:help|problem|issue|going on|wrong|describe|need|ayuda\w*|problema|pasa|sucede|servir)\b/],
];

/** Takes any text of ours; gives the fact that its last question asks for, null without one. */
export const questionIn = (text: string): Fact | null => {
  const question = text.split(/(?<=[.!?])\s/).findLast((sentence) => sentence.trimEnd().endsWith('?'));
  const folded = fold(question ?? '');
  return cues.find(([, says]) => says.test(folded))?.[0] ?? null;
};

const handoff = /\bwill follow up with you\b|\bse comunicara con usted\b/;

const spoken = (text: string): Reading =>
  reading(
    cleaned(text)
      .split(/(?<=[.!?])\s+/)
      .filter((sentence) => !isAttack(fold(sentence)))
      .join(' '),
  );

const kept: Record<Fact, number> = { problem: 240, address: 90, name: 40, time: 60 };
const value = (fact: Fact, text: string | null): Facts => {
  const found = text === null ? '' : cut(text.replace(/^[ .,;:'"!?)-]+|[ .,;:'"!?(-]+$/g, ''), kept[fact]);
  return found === '' ? {} : { [fact]: found };
};
const taken = (fact: Fact, read: Reading, span: Span | null): Facts => value(fact, span && said(read, span));

/** What the text says by its own shape, and what is left of it. */
const statedIn = (read: Reading, pending: Fact | null): { readonly facts: Facts; readonly rest: Reading } => {
  const address = findAddress(read);
  const afterAddress = without(read, address);
  const name = findName(afterAddress);
  const afterName = without(afterAddress, name);
  const time = findTime(afterName, pending === 'time' && address === null);
  return {
    facts: { ...taken('address', read, address), ...taken('name', read, name), ...taken('time', read, time) },
    rest: without(afterName, time),
  };
};

/** What the text says only because it answers the question just asked. */
const answerIn = (rest: Reading, pending: Fact | null): Facts => {
  switch (pending) {
    case 'address':
      return value('address', addressAnswer(rest));
    case 'name':
      return taken('name', rest, nameAnswer(rest));
    case 'time':
      return value('time', timeAnswer(rest));
    case 'problem':
    case null:
      return {};
  }
};

const refusedIn = (folded: string, pending: Fact | null, facts: Facts): readonly Fact[] => {
  if (!isUnwilling(folded)) return [];
  const named = mentionedIn(folded);
  return (named.length > 0 ? named : pending === null ? [] : [pending]).filter(
    (fact) => facts[fact] === undefined,
  );
};

const problemWith = (before: string | undefined, more: string | null): Facts => {
  if (more === null || before?.includes(more)) return {};
  return value('problem', before === undefined ? more : `${before}; ${more}`);
};

interface Answer {
  readonly found: Facts;
  readonly refused: readonly Fact[];
  readonly rest: Reading;
}

const answered = (pending: Fact | null, read: Reading): Answer => {
  const { facts, rest } = statedIn(read, pending);
  const refused = refusedIn(read.folded, pending, facts);
  const isTaken = Object.keys(facts).length > 0 && (pending !== 'name' || facts.name !== undefined);
  const answer = isTaken || refused.length > 0 || isSmallTalk(rest) ? {} : answerIn(rest, pending);
  return {
    found: { ...answer, ...facts },
    refused,
    rest: Object.keys(answer).length > 0 ? reading('') : rest,
  };
};

const withUnit = (facts: Facts, read: Reading): Facts | null => {
  const unit = facts.address === undefined ? null : unitAlone(read);
  return unit === null ? null : { ...facts, ...value('address', `${facts.address}, ${unit}`) };
};

const heard = (known: Known, text: string): Known => {
  if (isReaction(text)) return known;
  const read = spoken(text);
  const { found, refused, rest } = answered(known.pending, read);
  const problem = findProblem(rest, known.facts.problem === undefined && known.pending === 'problem');
  const facts = withUnit(known.facts, read) ?? {
    ...known.facts,
    ...found,
    ...problemWith(known.facts.problem, problem),
  };
  const isSettled = refused.length > 0 || (known.pending !== null && facts[known.pending] !== undefined);
  return {
    ...known,
    facts,
    refused: new Set([...known.refused, ...refused]),
    pending: isSettled ? null : known.pending,
    language: languageOf(
      read.tokens.map(({ word }) => word),
      known.language,
    ),
    latest: `${known.latest} ${read.folded}`.trim(),
    gotNews: known.gotNews || JSON.stringify(facts) !== JSON.stringify(known.facts),
  };
};

/** A person or a system may ask too; only our own questions count against the limit. */
const othersSpoke = (known: Known, question: Fact | null): Known => ({
  ...known,
  pending: question ?? known.pending,
  latest: '',
  gotNews: false,
});

const weSpoke = (known: Known, question: Fact | null, text: string): Known => ({
  ...known,
  asked: question === null ? known.asked : [...known.asked, question],
  pending: question,
  aiSpoke: true,
  handedOff: known.handedOff || (question === null && handoff.test(fold(text))),
  latest: '',
  gotNews: false,
});

const read = (known: Known, { author, text }: Line): Known => {
  switch (author) {
    case 'customer':
      return heard(known, text);
    case 'ai':
      return weSpoke(known, questionIn(text), text);
    case 'human':
    case 'system':
      return othersSpoke(known, questionIn(text));
  }
};

/** Reads a whole history, oldest first; nothing else is remembered between two calls. */
export const knownFrom = (history: readonly Line[], language: Language, callerName: string | null): Known => {
  const start: Known = {
    facts: value('name', callerName === null ? null : cleaned(callerName)),
    refused: new Set(),
    asked: [],
    pending: 'problem',
    language,
    aiSpoke: false,
    handedOff: false,
    latest: '',
    gotNews: false,
  };
  return history.reduce(read, start);
};

/** Urgency by the words of a whole problem or text. */
export const isUrgent = (known: Known): boolean =>
  hasSignal('urgent', fold(`${known.facts.problem ?? ''} ${known.facts.time ?? ''} ${known.latest}`));

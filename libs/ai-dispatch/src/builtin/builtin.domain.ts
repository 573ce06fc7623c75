import type { DispatchAnswer, Fact, Lead, Line } from '../dispatch.domain.js';
import { isUrgent, type Known, knownFrom } from './facts.domain.js';
import { businessOf, longestText, summaryText, wordingOf } from './phrases.domain.js';
import { jobTypeOf } from './problem.domain.js';
import { hasSignal, isEnding, type Language } from './signals.domain.js';
import { fold } from './text.domain.js';

export interface IntakeInput {
  readonly history: readonly Line[];
  readonly businessName: string;
  readonly language: Language;
  /** Whether the first text must say that it is automated. */
  readonly disclose: boolean;
  /** Whether the newest text reports an emergency: its fixed answer is the caller's. */
  readonly emergency: boolean;
  readonly callerKnownName?: string | null;
}

const order: readonly Fact[] = ['problem', 'address', 'name', 'time'];
const mostQuestions = 5;
const mostPerFact = 2;

/** The next fact to ask for: not known, not refused; asked again only while every other still gets its turn. */
const nextFact = ({ facts, refused, asked }: Known): Fact | null => {
  if (asked.length >= mostQuestions) return null;
  const open = order.filter((fact) => facts[fact] === undefined && !refused.has(fact));
  const fresh = open.filter((fact) => !asked.includes(fact)).length;
  const mayRepeat = mostQuestions - asked.length > fresh;
  const times = (fact: Fact): number => asked.filter((one) => one === fact).length;
  return open.find((fact) => times(fact) === 0 || (mayRepeat && times(fact) < mostPerFact)) ?? null;
};

const urgencyOf = (known: Known, emergency: boolean): Lead['urgency'] => {
  if (emergency) return 'emergency';
  if (isUrgent(known)) return 'urgent';
  return known.facts.problem === undefined ? null : 'normal';
};

const leadOf = (known: Known, emergency: boolean): Lead => {
  const { problem = null, name = null, address = null, time = null } = known.facts;
  const jobType = problem === null ? null : jobTypeOf(fold(problem));
  return {
    name,
    address,
    jobType,
    urgency: urgencyOf(known, emergency),
    summary: problem,
    callbackTime: time,
  };
};

/** What must be said before anything else: what we are, and what we cannot promise. */
const prefaceOf = (known: Known, input: IntakeInput): string => {
  const wording = wordingOf(known.language);
  const business = businessOf(input.businessName);
  const asks = (signal: 'asks-bot' | 'asks-price' | 'asks-when'): boolean => hasSignal(signal, known.latest);
  const opening = input.disclose && !known.aiSpoke ? [wording.disclose(business)] : [];
  const limit = asks('asks-price') ? [wording.noPrice] : asks('asks-when') ? [wording.noTime] : [];
  return [...(asks('asks-bot') ? [wording.truth(business)] : opening), ...limit].join(' ');
};

type Step = Pick<DispatchAnswer, 'action' | 'asked'> & { readonly says: string | null };

/** After the summary or a hand-over nothing is asked any more. */
const afterwards = (known: Known, person: string): Step => {
  const wording = wordingOf(known.language);
  if (!known.gotNews && isEnding(known.latest)) return { action: 'close', asked: null, says: null };
  return {
    action: 'handoff',
    asked: null,
    says: `${known.gotNews ? wording.added : wording.passedOn} ${person}`,
  };
};

const stepOf = (known: Known, business: string, room: number): Step => {
  const wording = wordingOf(known.language);
  const person = wording.person(business);
  if (hasSignal('wants-human', known.latest)) return { action: 'handoff', asked: null, says: person };
  if (hasSignal('gives-up', known.latest)) return { action: 'close', asked: null, says: wording.farewell };
  if (known.handedOff) return afterwards(known, person);
  const fact = nextFact(known);
  if (fact === null)
    return { action: 'handoff', asked: null, says: summaryText(known.facts, wording, business, room) };
  const again = known.asked.includes(fact) ? 1 : 0;
  return { action: 'reply', asked: fact, says: wording.ask[fact][again] };
};

/**
 * The built-in dispatcher: takes the whole history with the customer's newest text last, gives one answer. Pure and
 * stateless; asks for problem, address, name and time to call in turn, then sums up for a person. Promises nothing.
 */
export const intake = (input: IntakeInput): DispatchAnswer => {
  const known = knownFrom(input.history, input.language, input.callerKnownName ?? null);
  const lead = leadOf(known, input.emergency);
  if (input.emergency) return { action: 'handoff', text: null, lead, asked: null };
  const preface = prefaceOf(known, input);
  const { action, asked, says } = stepOf(
    known,
    businessOf(input.businessName),
    longestText - preface.length - 1,
  );
  return { action, asked, lead, text: says === null ? null : `${preface} ${says}`.trim() };
};

import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { intake } from './builtin.domain.js';
import type { DispatchAnswer, Fact, Lead, Line } from '../dispatch.domain.js';

interface Turn {
  readonly customer: string | readonly string[];
  readonly says?: Partial<Record<Fact, string>>;
  readonly refuses?: readonly Fact[];
  readonly emergency?: true;
  readonly expect?: {
    readonly action?: DispatchAnswer['action'];
    readonly asked?: Fact;
    readonly text?: null;
    readonly notNull?: true;
    readonly person?: true;
    readonly automated?: true;
    readonly language?: 'en' | 'es';
  };
}
interface Dialogue {
  readonly id: string;
  readonly note: string;
  readonly language: 'en' | 'es';
  readonly end?: 'emergency' | 'human';
  readonly turns: readonly Turn[];
}

const textBack: Line = {
  author: 'system',
  text: 'Sorry we missed your call! How can we help? Reply STOP to opt out.',
};
const facts: readonly Fact[] = ['problem', 'address', 'name', 'time'];
const fold = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/[\p{M}\p{Cf}'’.,]/gu, '')
    .toLowerCase();
const inLead = (lead: Lead, fact: Fact): string =>
  ({ problem: lead.summary, address: lead.address, name: lead.name, time: lead.callbackTime })[fact] ?? '';

const promise =
  /\$\s?\d|\b(?:free|guarantee|guaranteed|no charge)\b|\bwe(?:'ll| will| can) (?:be|come|arrive|fix|send)\b|\b(?:will|can) (?:be there|arrive|come|call you) (?:in|by|at|within|today|tomorrow)\b|\bwithin \d|\bright away\b|\bgratis\b/i;
const spanish = /¿|gracias|persona de|asistente/i;
const automated = /automated assistant|asistente autom/i;
const person = /a person|una persona/i;

const failing = (checks: readonly (readonly [boolean, string])[]): readonly string[] =>
  checks.filter(([isFault]) => isFault).map(([, fault]) => fault);

const echoed = /(?:Time to call|Hora para llamar): [^.]*\./;
const faultsInText = (text: string): readonly string[] =>
  failing([
    [text.length > 320, `${text.length} characters`],
    [/[\p{Cc}\p{Cf}]/u.test(text), 'hidden characters'],
    [/https?:|www\.|[a-z0-9]\.[a-z]{2,}/i.test(text), 'a link'],
    [promise.test(text.replace(echoed, '')), 'a promise'],
  ]);

const faultsInForm = (
  { emergency, expect: wants = {} }: Turn,
  { action, asked, text }: DispatchAnswer,
): readonly string[] =>
  failing([
    [(wants.action ?? action) !== action, `${action}, not ${wants.action}`],
    [(wants.asked ?? asked) !== asked, `asked ${asked}, not ${wants.asked}`],
    [wants.text === null && text !== null, 'a text where none is due'],
    [wants.notNull === true && text === null, 'no text'],
    [emergency === true && `${action}${text}` !== 'handoffnull', 'emergency not handed over'],
  ]);

const faultsInTone = (
  { expect: wants = {} }: Turn,
  { action, asked, text }: DispatchAnswer,
  first: boolean,
): readonly string[] =>
  text === null
    ? []
    : failing([
        [wants.person === true && !person.test(text), 'no person mentioned'],
        [(first || wants.automated === true) !== automated.test(text), 'disclosure'],
        [
          (wants.language ?? (spanish.test(text) ? 'es' : 'en')) !== (spanish.test(text) ? 'es' : 'en'),
          'wrong language',
        ],
        [(asked !== null) !== text.includes('?'), 'question and `asked` differ'],
        [(asked !== null) !== (action === 'reply'), 'a reply without a question'],
      ]);

type Values = ReadonlyMap<Fact, readonly string[]>;

/** What was said by now: every problem, and of the other facts the newest. */
const saidBy = (turns: readonly Turn[]): Values =>
  new Map(
    facts.flatMap((fact): (readonly [Fact, readonly string[]])[] => {
      const values = turns.flatMap(({ says }) => says?.[fact] ?? []);
      return values.length === 0 ? [] : [[fact, fact === 'problem' ? values : values.slice(-1)]];
    }),
  );

const lost = (values: Values, where: (fact: Fact) => string): readonly string[] =>
  [...values].flatMap(([fact, all]) =>
    all.filter((value) => !fold(where(fact)).includes(fold(value))).map((value) => `${fact} lost: ${value}`),
  );

/** Plays a dialogue as the hub would: the text-back, then every turn's texts and our answer. */
const answersTo = ({ turns, language }: Dialogue): readonly DispatchAnswer[] => {
  const history: Line[] = [textBack];
  return turns.map(({ customer, emergency = false }) => {
    for (const text of [customer].flat()) history.push({ author: 'customer', text });
    const answer = intake({ history, businessName: 'Harbor Pipe Co', language, disclose: true, emergency });
    if (answer.text !== null) history.push({ author: 'ai', text: answer.text });
    return answer;
  });
};

const faultsInFacts = (sofar: readonly Turn[], { asked, lead }: DispatchAnswer): readonly string[] => {
  const values = saidBy(sofar);
  const known = [...values.keys(), ...sofar.flatMap(({ refuses }) => refuses ?? [])];
  const again = asked !== null && known.includes(asked) ? [`asked for ${asked}, said or refused before`] : [];
  return [...again, ...lost(values, (fact) => inLead(lead, fact)).map((fault) => `lead: ${fault}`)];
};

const faultsInSummary = ({ turns, end }: Dialogue, answers: readonly DispatchAnswer[]): readonly string[] => {
  if (end !== undefined) return [];
  const at = answers.findIndex(({ action }) => action === 'handoff');
  const text = answers[at]?.text ?? null;
  if (text === null) return ['no summary'];
  const values = saidBy(turns.slice(0, at + 1));
  const settled = new Set<Fact | null>([
    ...values.keys(),
    ...turns.flatMap(({ refuses }) => refuses ?? []),
    ...answers.map(({ asked }) => asked),
  ]);
  return [
    ...lost(values, () => text),
    ...facts.filter((fact) => !settled.has(fact)).map((fact) => `never asked: ${fact}`),
  ];
};

const judge = (dialogue: Dialogue): readonly string[] => {
  const { turns } = dialogue;
  const answers = answersTo(dialogue);
  const firstText = answers.findIndex(({ text }) => text !== null);
  const perTurn = turns.flatMap((turn, at) => {
    const answer = answers[at];
    if (answer === undefined) return ['no answer'];
    const faults = [
      ...(answer.text === null ? [] : faultsInText(answer.text)),
      ...faultsInForm(turn, answer),
      ...faultsInTone(turn, answer, at === firstText),
      ...faultsInFacts(turns.slice(0, at + 1), answer),
    ];
    return faults.map((fault) => `turn ${at + 1}: ${fault}`);
  });
  const questions = answers.filter(({ asked }) => asked !== null).length;
  return [
    ...perTurn,
    ...faultsInSummary(dialogue, answers),
    ...(questions > 5 ? [`${questions} questions`] : []),
  ];
};

const read = (file: string): readonly Dialogue[] =>
  JSON.parse(readFileSync(`test/data/${file}`, 'utf8')) as readonly Dialogue[];

describe.each(['dialogues.json', 'dialogues-held-out.json'])('the built-in dispatcher in %s', (file) => {
  it.each(read(file).map((dialogue) => [dialogue.id, dialogue.note, dialogue] as const))(
    'leads %s: %s',
    (_id, _note, dialogue) => {
      expect(judge(dialogue)).toEqual([]);
    },
  );
});

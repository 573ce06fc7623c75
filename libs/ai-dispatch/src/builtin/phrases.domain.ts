import type { Fact } from '../dispatch.domain.js';
import type { Facts } from './facts.domain.js';
import type { Language } from './signals.domain.js';
import { cut } from './text.domain.js';

/** Longest text the built-in sends: two segments of GSM-7. */
export const longestText = 320;

interface Wording {
  /** The question, and how it is put the second time. */
  readonly ask: Record<Fact, readonly [string, string]>;
  readonly label: Record<Fact, string>;
  readonly disclose: (business: string) => string;
  readonly truth: (business: string) => string;
  readonly person: (business: string) => string;
  readonly noPrice: string;
  readonly noTime: string;
  readonly summary: string;
  readonly thanks: string;
  readonly added: string;
  readonly passedOn: string;
  readonly farewell: string;
}

const wordings: Record<Language, Wording> = {
  en: {
    ask: {
      problem: ['What do you need help with?', 'Could you say in a few words what you need help with?'],
      address: ['What is the address of the job?', 'Which address is the work at?'],
      name: ['What is your name?', 'What name should we put down?'],
      time: ['When is a good time to call you?', 'What time is best for a call?'],
    },
    label: { problem: '', address: 'Address', name: 'Name', time: 'Time to call' },
    disclose: (business) => `Hi, this is the automated assistant of ${business}.`,
    truth: (business) => `I'm an automated assistant of ${business}, not a person.`,
    person: (business) => `A person from ${business} will follow up with you.`,
    noPrice: 'I cannot quote prices, a person will go over that with you.',
    noTime: 'I cannot set the schedule, a person will go over that with you.',
    summary: 'Thanks, here is what I noted:',
    thanks: 'Thanks.',
    added: 'Thanks, I added that to your request.',
    passedOn: 'Thanks, I passed that on.',
    farewell: 'Thanks for letting us know.',
  },
  es: {
    ask: {
      problem: ['¿En qué le podemos ayudar?', '¿Me puede decir en pocas palabras qué problema tiene?'],
      address: ['¿Cuál es la dirección del trabajo?', '¿En qué dirección es el trabajo?'],
      name: ['¿Cuál es su nombre?', '¿Qué nombre anotamos?'],
      time: ['¿Cuándo es buena hora para llamarle?', '¿A qué hora le conviene una llamada?'],
    },
    label: { problem: '', address: 'Dirección', name: 'Nombre', time: 'Hora para llamar' },
    disclose: (business) => `Hola, soy el asistente automático de ${business}.`,
    truth: (business) => `Soy un asistente automático de ${business}, no una persona.`,
    person: (business) => `Una persona de ${business} se comunicará con usted.`,
    noPrice: 'No puedo dar precios, una persona lo verá con usted.',
    noTime: 'No puedo fijar el horario, una persona lo verá con usted.',
    summary: 'Gracias, esto es lo que anoté:',
    thanks: 'Gracias.',
    added: 'Gracias, lo agregué a su solicitud.',
    passedOn: 'Gracias, ya lo pasé.',
    farewell: 'Gracias por avisarnos.',
  },
};

export const wordingOf = (language: Language): Wording => wordings[language];

/** The business's name as it may stand in a text; it is the tenant's own, so only hidden characters go. */
export const businessOf = (name: string): string =>
  cut(name.replace(/\p{C}/gu, '').replace(/\s+/g, ' ').trim(), 40) || 'our office';

const order: readonly Fact[] = ['address', 'name', 'time'];
const widths: Record<Fact, number> = { problem: 120, address: 70, name: 30, time: 40 };
const leastProblem = 40;

const notedIn = (facts: Facts, label: Record<Fact, string>, share: number): readonly string[] =>
  order.flatMap((fact) => {
    const value = facts[fact];
    return value === undefined ? [] : [`${label[fact]}: ${cut(value, Math.round(widths[fact] * share))}.`];
  });

/** The closing text, at most `room` long: what was noted, and that a person follows. */
export const summaryText = (facts: Facts, wording: Wording, business: string, room: number): string => {
  const end = wording.person(business);
  if (Object.keys(facts).length === 0) return `${wording.thanks} ${end}`;
  const left = (share: number): number =>
    room - [wording.summary, ...notedIn(facts, wording.label, share), end].join(' ').length - 2;
  const share = [1, 0.8, 0.6].find((one) => left(one) >= leastProblem) ?? 0.4;
  const problem = cut((facts.problem ?? '').replace(/[?!]/g, ''), Math.min(widths.problem, left(share)));
  return [
    wording.summary,
    ...(problem === '' ? [] : [`${problem}.`]),
    ...notedIn(facts, wording.label, share),
    end,
  ].join(' ');
};

import { clausesOf, isMark, type Reading, said, type Span, spanAt, wordsOf } from './text.domain.js';
import { functionWords, isTrade, measures, smallTalk } from './words.domain.js';

const notCounted = `(?! (?:${[...measures].join('|')})(?: |$))`;
const clock = `\\d{1,2}(?::\\d\\d)?(?: ?(?:am|pm|a|p|ish|oclock|o clock|hrs))?${notCounted}|\\d{1,2}(?::\\d\\d)?-\\d{1,2}(?::\\d\\d)?(?:am|pm)?`;
const days =
  'today|2day|tod|tonight|tonite|2nite|2night|tomorrow|tomorow|tommorow|tommorrow|tomorrows|tmrw|tmr|tmw|tmrow|2morrow|2moro|mon|tues?|weds?|thu(?:rs?)?|fri|sat|sun|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|weekdays?|weekends?|hoy|manana|lunes|martes|miercoles|jueves|viernes|sabado|domingo|entre semana|fin de semana';
const parts =
  'mornings?|afternoons?|evenings?|nights?|noon|midday|(?:lunch|supper|dinner) ?time|lunch|dinner|temprano|am|pm|week|office hours|business hours|tarde|tardes|noche|noches|mediodia|dia';
const loose =
  'asap|a s a p|as soon as (?:you can|possible|someone can)|first thing|cuanto antes|now|rn|right now|right away|immediately|when ?ever(?= (?:you|u|works?|is|its|fine|ok|any\\w+|some\\w+|they|[.,;!?])|$)|any ?time|all day|all evening|ahora|ahorita|ya mismo|lo antes posible|cualquier hora|cualquier momento|todo el dia|cuando (?:pueda|puedan|quiera|quieran|guste|gusten)';
const after =
  '(?:after|before|around|at|by|until|till?) (?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)(?= (?:[.,;!?]|ish|oclock|am|pm|please|if|or|and)|$)|(?:after|before) (?:work|school|lunch|dinner|supper|church|dark)|when i get (?:home|off)|in (?:an?|half an|a few|a couple(?: of)?|\\d{1,2}|one|two|three) (?:hours?|hrs?|minutes?|mins?|days?)|in a (?:bit|little|while)|(?:after|before) (?:that|then)|despues de es[ao](?: hora)?|antes de es[ao](?: hora)?|(?:en|dentro de) (?:una|dos|\\d{1,2}) horas?|later';
const atom = `(?:${after}|${loose}|${days}|${parts}|${clock})`;
const link =
  '(?:after|before|b4|around|round|about|at|between|and|or|to|until|till|til|by|from|in|the|on|this|next|any|early|late|mid|past|of|despues|antes|de|del|las|la|los|el|a|entre|y|o|por|en|como|x|hasta|proximo|proxima|esta|este|every|most)';
const phrase = new RegExp(
  `(?<![^ ])(?:${link} ){0,4}${atom}(?= |$)(?:(?: ,)?(?: ${link}){0,3} ${atom}(?= |$)){0,6}`,
  'g',
);

const idle = /^(?:(?:and|or|to|the|of|from|about|a(?! las?)|de|y|o|by the|on the) )+/;
const sure =
  /\b(?:asap|as soon as|cuanto antes|any ?time|whenever|tomor+ow|tommor+ow|tmr\w*|tmw|2mor\w+|manana|next week|(?:after|before|b4|past|until|between|despues de las|antes de las|entre las) \d|2nite|lo antes posible|cualquier (?:hora|momento)|(?:after|before) (?:one|two|three|four|five|six|seven|eight|nine|ten)|\d ?(?:am|pm))\b/;
const pointsBack = /^(?:after|before) (?:that|then)$|^(?:despues|antes) de es[ao]/;
const numbersOnly = /^[\d: -]+$/;
const wish =
  /\b(?:call|reach|ring|phone|text me|contact|available|free (?:after|at|before|on|all|any|to|until|from|in|tomorrow|today|tonight)|im free|best|works? (?:best|for|great|fine)|works$|good time|better|prefer|(?:you|u|someone|somebody|please|to|guy) come|talk|home (?:after|all|by|around)|be home|im home|im off|get off|schedule|stop by|llam\w+|marc\w+|disponible|venir|pueden?|visit|make (?:it|that)|instead|rather)\b/;
const past =
  /\b(?:since|started|began|yesterday|last|ago|been|broke|died|happened|stopped|quit|went|noticed|woke|came|was|were|desde|hace|ayer|empezo|paso|only|when it|every)\b/;

const gone = /\b(?:last|since|past|started|began|desde|pasado|stopped|broke|yesterday)(?: \w+)?$/;

const alone =
  /^(?:only |preferably |ideally |sometime |usually |most |maybe |probably |just |ok |like |so |or |and |say )*TIME(?: only| please| pls| works?| is| are| would| be| best| better| fine| good| great| ok| preferred| if possible| thanks| por favor)*$/;

/** Whether a time phrase in its clause says when they want to be called, rather than when the trouble is. */
const isWish = (clause: string, time: string): boolean => {
  const before = clause.slice(0, clause.indexOf(time)).trim();
  if (gone.test(before)) return false;
  if (numbersOnly.test(time)) return wish.test(clause) && /\bat$/.test(before);
  if (wish.test(clause) || alone.test(clause.replace(time, 'TIME').trim())) return true;
  return sure.test(time) && !past.test(clause);
};

const clauseAt = (read: Reading, span: Span): string => {
  const clause = clausesOf(read).find(({ from, to }) => from <= span.from && span.from < to) ?? span;
  return wordsOf(read, { from: clause.from, to: Math.max(clause.to, span.to) }).join(' ');
};

const denied =
  /(?:^| )((?:not|dont|do not|never|nothing|no|except)(?: (?:call|llame|text|available|free|me|us|ever)){0,3}) $/;

/** A "not before 10" keeps its "not". */
const trimmed = (read: Reading, match: RegExpMatchArray): Span => {
  const at = match.index ?? 0;
  const start = at + (idle.exec(match[0])?.[0].length ?? 0);
  const no = denied.exec(read.folded.slice(Math.max(0, at - 40), at))?.[1];
  return spanAt(read, no === undefined ? start : at - no.length - 1, at + match[0].length);
};

/** From one time to another, when they were said in one breath ("up by 8 and out until 11"). */
const joined = (read: Reading, first: Span, last: Span): Span | null => {
  const span = { from: first.from, to: last.to };
  return span.to - span.from <= 14 && !wordsOf(read, span).includes(';') ? span : null;
};

/** Finds when they want to be called; `answering` (we just asked) takes any time at all, and all of it. */
export const findTime = (read: Reading, answering: boolean): Span | null => {
  const spans = [...read.folded.matchAll(phrase)].map((match) => trimmed(read, match));
  const [first] = spans;
  if (first === undefined) return null;
  const words = (span: Span): string => wordsOf(read, span).join(' ');
  const wished = spans.find((span) => isWish(clauseAt(read, span), words(span)));
  if (answering) return joined(read, first, spans.at(-1) ?? first) ?? wished ?? first;
  const back = spans.slice(1).find((span) => pointsBack.test(words(span)));
  return back === undefined ? (wished ?? null) : joined(read, first, back);
};

/** Takes a text that answers the question for a time; gives it as it is when it could be one ("kids asleep by then"). */
export const timeAnswer = (read: Reading): string | null => {
  const words = read.tokens.map((token) => token.word).filter((word) => !isMark(word));
  const says = words.some((word) => !smallTalk.has(word) && !functionWords.has(word));
  const asksBack = read.tokens.at(-1)?.word === '?';
  if (!says || asksBack || words.length > 9 || words.some(isTrade)) return null;
  return said(read, { from: 0, to: read.tokens.length });
};

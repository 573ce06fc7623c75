import { clausesOf, isCapital, type Reading, type Span, wordAt, wordsOf } from './text.domain.js';
import { functionWords, givenNames, placeWords, smallTalk, tradeWords } from './words.domain.js';

const plainCue =
  /(?:^| )(?:my names?(?: is)?|(?:the )?names?(?: is)?|me llamo|mi nombre(?: es)?|nombre|ask for|pregunte por|contact is)(?= )/g;
const softCue =
  /(?:^| )(?:im|i am|its|it is|this is|soy(?: (?:la|el))?(?: (?:senora|senor|sra|sr|don|dona))?|me dicen|habla|le habla|call me|with|hi|hey|hello|hola)(?= )/g;
const here = /(?:^|[.,;!?] |hi |hey |hello |hola )([a-z]+(?: [a-z]+)?) (?:here|aqui)(?= |$)/d;

const never = new Set(
  `${'customer tenant owner landlord manager homeowner cliente dueno renter neighbor mom dad home outside inside late busy stuck desperate'} ${'monday tuesday wednesday thursday friday saturday sunday tomorrow tonight anytime mornings evenings noon lunch weekend weekends'} ${'lunes martes miercoles jueves viernes sabado domingo hoy ahora cualquier hora despues antes entre weird bad worse crazy ridiculous'} ${'running making blowing getting happening doing working leaving driving whenever afternoons nights work school private none whatever'} ${'dead old new big urgent emergency serious because everything drop select table script after before around between'}`.split(
    ' ',
  ),
);

const particles = new Set(['and', 'y', 'de', 'la', 'del', 'van', 'von', 'da', 'dos', 'al', 'el']);
const isNamePart = (word: string): boolean =>
  /^[\p{L}'-]+$/u.test(word) &&
  !functionWords.has(word) &&
  !smallTalk.has(word) &&
  !tradeWords.has(word) &&
  !never.has(word);
const couldBeName = (word: string): boolean => givenNames.has(word) || isNamePart(word);

const shouts = (read: Reading): boolean => !/\p{Ll}/u.test(read.text);

const isInitial = (read: Reading, at: number): boolean =>
  /^[a-hj-z]$/.test(wordAt(read, at)) && isCapital(read, at);

/** How many tokens at `at` go on a name that began with a capital, or without one. */
const partAt = (read: Reading, at: number, capital: boolean): number => {
  const isPart = (place: number): boolean =>
    isInitial(read, place) || (couldBeName(wordAt(read, place)) && (!capital || isCapital(read, place)));
  if (isPart(at)) return 1;
  return capital && particles.has(wordAt(read, at)) && isPart(at + 1) ? 2 : 0;
};

/** From `from` on, the words that go on being a name, in the case in which it began. */
const nameFrom = (read: Reading, from: number): Span | null => {
  if (!couldBeName(wordAt(read, from))) return null;
  const capital = isCapital(read, from) && !shouts(read);
  let to = from + 1;
  let more = partAt(read, to, capital);
  while (more > 0 && to - from < (capital ? 4 : 2)) {
    to += more;
    more = partAt(read, to, capital);
  }
  return { from, to };
};

const isSureName = (read: Reading, at: number): boolean => {
  const word = wordAt(read, at);
  if (givenNames.has(word)) return true;
  return isCapital(read, at) && !shouts(read) && isNamePart(word) && !/(?:ing|ed)$/.test(word);
};

const afterCue = (read: Reading, cue: RegExp): readonly number[] =>
  [...read.folded.matchAll(cue)].map(
    (match) => read.folded.slice(0, match.index + match[0].length).split(' ').length,
  );

const isGivenName = (read: Reading, clause: Span): boolean => {
  const words = wordsOf(read, clause);
  const fits = words.every((word, at) => couldBeName(word) || isInitial(read, clause.from + at));
  return words.length <= 3 && givenNames.has(words[0] ?? '') && fits;
};

const town =
  /^(?:san|santa|saint|st|fort|ft|new|north|south|east|west|port|lake|mount|mt|palo|costa|fifth)\b/;

/** In a text with an address, capitalised words alone are whose it is ("Trish Montoya, 46 Gull Rd"); one must end it. */
const isCardName = (read: Reading, clause: Span): boolean => {
  const words = wordsOf(read, clause);
  const hasAddress = read.tokens.some(({ word }) => word === ';');
  const least = clause.to >= read.tokens.length - 1 ? 1 : 2;
  if (!hasAddress || shouts(read) || words.length < least || words.length > 3) return false;
  const isPlace = town.test(words.join(' ')) || words.some((word) => placeWords.has(word));
  return !isPlace && words.every((word, at) => isNamePart(word) && isCapital(read, clause.from + at));
};

const signed = (read: Reading): Span | null => {
  const { 1: spot } = here.exec(read.folded)?.indices ?? [];
  const at = spot ? read.folded.slice(0, spot[0]).split(' ').length - 1 : -1;
  if (spot && isSureName(read, at))
    return { from: at, to: at + read.folded.slice(...spot).split(' ').length };
  return clausesOf(read).find((clause) => isGivenName(read, clause) || isCardName(read, clause)) ?? null;
};

/** Finds a name that is introduced ("my name is", "this is", "Bob here") or stands alone as a clause. */
export const findName = (read: Reading): Span | null => {
  for (const at of afterCue(read, plainCue)) {
    const name = nameFrom(read, at);
    if (name) return name;
  }
  const soft = afterCue(read, softCue).find((at) => isSureName(read, at));
  return soft === undefined ? signed(read) : nameFrom(read, soft);
};

const leadIn =
  /^(?:yes|yeah|yep|sure|ok|okay|hi|hey|hello|its|it|is|im|i|am|this|es|soy|si|claro|the|oh|well|thanks|just|you|can|call|me|put|use|fine|sorry|con|with|dicen|senora|senor|sra|sr|don|dona|la|el|habla|speaking|aqui|me|llamo|le|lol|thats)$/;

/** Takes a text that answers the question for the name; gives the first clause that is nothing but one. */
export const nameAnswer = (read: Reading): Span | null => {
  for (const clause of clausesOf(read)) {
    const words = wordsOf(read, clause);
    const skip = words.findIndex((word) => !leadIn.test(word));
    const rest = skip < 0 ? [] : words.slice(skip);
    const fits = rest.every((word, at) => couldBeName(word) || (at > 0 && particles.has(word)));
    if (rest.length > 0 && rest.length <= 5 && fits) return { from: clause.from + skip, to: clause.to };
  }
  return null;
};

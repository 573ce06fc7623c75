import {
  clausesOf,
  isCapital,
  isMark,
  type Reading,
  said,
  type Span,
  spanAt,
  wordAt,
  wordsOf,
} from './text.domain.js';
import {
  functionWords,
  givenNames,
  isContent,
  isTrade,
  measures,
  placeWords,
  smallTalk,
  streetWords,
} from './words.domain.js';

const noStreet = [...functionWords, ...measures, ...'since call can please thanks today tomorrow'.split(' ')];
const word = `(?!(?:${noStreet.join('|')})(?: |$))[a-z0-9/-]+`;
const house = '\\d{1,6}[a-z]?(?:[-/]\\d{1,4})?';
const calle = 'calle|avenida|avda|av|calzada|camino|privada|callejon|carretera|pasaje|bulevar|colonia';
const located =
  'address is|address|its at|work at|live at|lives at|located at|location is|im at|we are at|were at|is at|am at|over at|house at|property at|home at|job at|manager for|direccion es|direccion|vivo en el|vivo en la|vivo en|estoy en el|estoy en|estamos en|queda en';

/** The surest shape first; group 1 is the address. */
const shapes: readonly RegExp[] = [
  new RegExp(`(?:^| )(${house}(?: ${word}){1,4}? (?:${streetWords}))(?= |$)`, 'd'),
  new RegExp(`(?:^| )(${house} broadway)(?= |$)`, 'd'),
  new RegExp(`(?:^| )((?:${calle})(?: ${word}){1,4}?(?: #)? ${house})(?= |$)`, 'd'),
  /(?:^| )(\d{1,6} (?:calle|avenida|av|camino) [a-z0-9]+(?: [a-z0-9]+)?)(?= |$)/d,
  /(?:^| )((?:rr|rural route|hc) #? ?\d+ (?:, )?box \d+|p ?o box \d+)(?= |$)/d,
  /(?:^| )((?:corner|intersection|esquina) (?:of|de) (?:[a-z0-9]+ ){1,3}?(?:and|y|con) [a-z0-9]+(?: (?:st|ave|rd|blvd))?)(?= |$)/d,
  new RegExp(`(?:^| )(?:${located}) (${house}(?: ${word}){1,3})(?= |$)`, 'd'),
  new RegExp(`(?:^| )(?:at|on|for|en) (\\d{3,6}[a-z]?(?: ${word}){1,3})(?= |$)`, 'd'),
  /(?:^| )(\d{1,3}(?:st|nd|rd|th) (?:[a-z]+ )?and (?!the |then |it )[a-z]+)(?= [.,;!?]| hurry|$)/d,
];

const unit =
  /^(?: [.,])?(?: in)? (?:apt|apartment|unit|suite|ste|floor|fl|bldg|building|lot|space|piso|depto|departamento|apartamento|apto|interior|int|room|rm|#)(?: #)? [a-z0-9-]{1,6}(?= |$)/;
const side = /^ (?:n|s|e|w|ne|nw|se|sw|north|south|east|west)(?= |$)/;
const zip = /^(?: ,)?(?: [a-z]+){0,3}(?: ,)?(?: [a-z]{2})? \d{5}(?= |$)/;
const city = /^(?: ,)?(?: [a-z]+){1,3}?(?= [.,;!?]|$)/;

const isCity = (part: string): boolean =>
  part
    .replace(/^ ,/, '')
    .trim()
    .split(' ')
    .every((name) => isContent(name) && !isTrade(name) && !givenNames.has(name) && !timely.test(name));

const timely =
  /^(?:anytime|mornings?|evenings?|afternoons?|nights?|noon|lunch\w*|tonight|tomorrow|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|weekends?|whenever|after|before|around|between|lunes|martes|sabado)$/;

const tailOf = (rest: string): number => {
  let length = 0;
  for (const part of [unit, side, unit, zip]) length += part.exec(rest.slice(length))?.[0].length ?? 0;
  const town = city.exec(rest.slice(length))?.[0] ?? '';
  return town !== '' && isCity(town) ? length + town.length : length;
};

/** A clause that is a number and one to three capitalised words: "240 Elk Run". */
const isCard = (read: Reading, clause: Span): boolean => {
  const [number = '', ...names] = wordsOf(read, clause);
  const isSized = names.length > 0 && names.length <= 3 && !names.some((name) => measures.has(name));
  const isNamed = names.every((name, at) => isCity(` ${name}`) && isCapital(read, clause.from + 1 + at));
  return isSized && isNamed && /^\d{1,5}[a-z]?$/.test(number);
};

/** What a clause says after its "at", or all of it. */
const placeIn =
  (read: Reading) =>
  (clause: Span): Span => {
    const at = wordsOf(read, clause).findLastIndex((one) => one === 'at' || one === 'en');
    return { from: clause.from + at + 1, to: clause.to };
  };

/** Finds a street address by its own shape, with its unit, town and ZIP; null when there is none. */
export const findAddress = (read: Reading): Span | null => {
  for (const shape of shapes) {
    const [start, end] = shape.exec(read.folded)?.indices?.[1] ?? [-1, -1];
    if (start >= 0) return spanAt(read, start, end + tailOf(read.folded.slice(end)));
  }
  return (
    clausesOf(read)
      .map(placeIn(read))
      .find((clause) => isCard(read, clause)) ?? null
  );
};

const leadIn =
  /^(?:its|it|is|im|i|am|at|we|are|were|the|address|job|my|in|on|el|la|sure|ok|okay|yes|yeah|es|en|vivo|estoy|oh|hi|thanks|sorry|meant)$/;

/** A place has a number or a word for places; a short answer may be one without, unless it speaks of the trouble. */
const namesPlace = (words: readonly string[]): boolean => {
  if (words.every((word) => smallTalk.has(word) || functionWords.has(word))) return false;
  if (words.some((word) => /\d/.test(word) || placeWords.has(word))) return true;
  return (
    words.length <= 4 && !words.some((word) => isTrade(word) || timely.test(word)) && words.some(isContent)
  );
};

/** Takes a text that answers the question for the address; gives the place it names in other shapes ("8 oak"). */
export const addressAnswer = (read: Reading): string | null => {
  const to = read.tokens.length;
  const start = read.tokens.findIndex(({ word }) => !leadIn.test(word) && !isMark(word));
  const from = start > 0 && wordAt(read, start - 1) === 'the' ? start - 1 : start;
  if (from < 0 || to - from > 14 || wordAt(read, to - 1) === '?') return null;
  const words = wordsOf(read, { from, to }).filter((name) => !isMark(name));
  return namesPlace(words) ? said(read, { from, to }) : null;
};

/** A unit alone, sent after the street: "apt 4". */
export const unitAlone = (read: Reading): string | null =>
  unit.exec(` ${read.folded}`)?.[0].trim() === read.folded && read.folded !== '' ? read.text : null;

import { clausesOf, cut, type Reading, said, type Span, wordAt, wordsOf } from './text.domain.js';
import { hasSignal } from './signals.domain.js';
import { functionWords, isContent, isTrade, smallTalk } from './words.domain.js';

const aboutUs =
  /^(?:ok |so |and |hi |hey )*(?:are you|are u|do you|do u|is this|who|where are|what are your|how did you|how long have you|you guys|why|what is this|whats this)\b/;
const opening =
  /^(?:and|but|so|or|ok|okay|hi|hello|hey|yo|hola|ola|ok so|oh|also|anyway|um|buenas|y|pero|bueno|sorry|thanks|yes|yeah|sure|fine|guys|ugh|uh|there|please|lol|man|dude)$/;
const dangling =
  /^(?:at|in|on|and|but|my|the|is|im|its|i|am|so|we|are|for|this|with|live|from|y|en|vivo|estoy|mi|soy|me|pueden|puede|a|or|to|of|number|address|name|can|you|call|please|located|it|pls|lo|que|de|hi|hey)$/;

const trimmed = (read: Reading, span: Span): Span => {
  let { from, to } = span;
  while (from < to && opening.test(wordAt(read, from))) from += 1;
  while (to > from && dangling.test(wordAt(read, to - 1))) to -= 1;
  return { from, to };
};

/** How much a clause tells of the job; a hint counts only right after a clause that tells. */
type Score = 'trade' | 'talk' | 'hint' | 'none';

const scoreOf = (read: Reading, span: Span): Score => {
  const words = wordsOf(read, span);
  if (words.some(isTrade)) return 'trade';
  const content = words.filter(isContent).length;
  const folded = words.join(' ');
  if (aboutUs.test(folded) || hasSignal('wants-human', folded)) return 'none';
  if (content >= 2) return 'talk';
  return content === 1 && words.length >= 3 ? 'hint' : 'none';
};

const joined = (read: Reading, spans: readonly Span[]): string =>
  spans
    .map((span) => said(read, trimmed(read, span)))
    .filter((part) => part !== '')
    .join(', ');

/** Longest problem kept in a lead. */
const most = 240;

/**
 * Takes a text without its address, name and time; gives what is left of it about the job. Clauses with a word of the
 * trade win; `awaited` (nobody said yet what is wrong) lets any telling clause count.
 */
export const findProblem = (read: Reading, awaited: boolean): string | null => {
  const clauses = clausesOf(read).map((span) => ({ span, score: scoreOf(read, span) }));
  const first = clauses.findIndex(({ score }) => score === 'trade');
  const telling = first < 0 && awaited ? clauses.filter(({ score }) => score === 'talk') : [];
  const near = (at: number): boolean => at > first && at <= first + 2;
  const chosen =
    first < 0
      ? telling
      : clauses.filter(({ score }, at) => score === 'trade' || (near(at) && score !== 'none'));
  const text = joined(
    read,
    chosen.map(({ span }) => span),
  );
  return text === '' ? null : cut(text, most);
};

/** True when no word of it says anything. */
export const isSmallTalk = (read: Reading): boolean =>
  read.tokens.every(
    ({ word }) => smallTalk.has(word) || functionWords.has(word) || !/[\p{L}\p{N}]/u.test(word),
  );

const jobTypes: readonly (readonly [string, RegExp])[] = [
  [
    'lockout',
    /\block(?:ed)? ?out|\blocked (?:my |the )?keys?\b|keys? (?:\w+ ){0,2}in (?:the|my) (?:car|truck|van)/,
  ],
  ['lock_service', /\b(?:lock|locks|deadbolt|rekey|key|keys|keypad|cerradura|chapa|candado)\b/],
  ['water_heater', /\b(?:water he[a-z]+|tankless|no hot water|boiler|calentador|caldera|agua caliente)\b/],
  ['drain_cleaning', /\b(?:c?log\w*|drain\w*|backed up|sewer|septic|tapad[oa]|destapar|desague|drenaje)\b/],
  ['toilet_repair', /\b(?:toilet|tolet|inodoro|taza|excusado)\b/],
  ['roof_repair', /\b(?:roof\w*|shingles?|gutters?|flashing|skylight|techo|tejas|goteras?|canaleta)\b/],
  [
    'ac_repair',
    /\b(?:ac|a\/c|air con\w*|mini ?splits?|compressor|condenser|freon|cooling|aire acondicionado|clima)\b/,
  ],
  ['heating_repair', /\b(?:furnace|heat|heating|heater|thermostat|radiator|calefaccion)\b/],
  [
    'electrical',
    /\b(?:outlets?|breakers?|panel|fuse|wir\w+|lights?|switch\w*|gfci|electric\w*|power|fan|enchufe|apagador|luz|luces)\b/,
  ],
  ['pipe_repair', /\b(?:pipes?|leak\w*|drip\w*|faucet|tap|valve|spigot|fuga|gotea\w*|tuberia|tubo|llave)\b/],
  [
    'appliance',
    /\b(?:dishwasher|washer|dryer|fridge|stove|oven|disposal|lavadora|secadora|refrigerador|estufa)\b/,
  ],
  ['plumbing', /\b(?:sink|shower|tub|bathroom|sump|pump|well|water|lavabo|fregadero|regadera|bano)\b/],
];

/** Takes folded words; gives the kind of job, null when they name none. */
export const jobTypeOf = (folded: string): string | null =>
  jobTypes.find(([, says]) => says.test(folded))?.[0] ?? null;

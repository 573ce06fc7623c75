/** One word or mark of a text: where it stands there, and its folded form (lower case, no accents, no apostrophes). */
export interface Token {
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

/** A cleaned text in tokens; `folded` is their words joined by one space each. */
export interface Reading {
  readonly text: string;
  readonly tokens: readonly Token[];
  readonly folded: string;
}

/** Tokens `from` up to but not including `to`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const longest = 4000;
const link =
  /:\/\/|^www\.|\.(?:com|net|org|io|ly|gl|app|dev|xyz|top|shop|link|site|online|info|biz|ru|cn|tk|gg|cc|example)(?![\p{L}\p{N}])|\.\p{L}{2,}\//iu;

/** Takes what a customer wrote; gives it fit to be read and echoed: no links, amounts, emoji or hidden characters. */
export const cleaned = (text: string): string =>
  text
    .slice(0, longest)
    .normalize('NFKC')
    .replace(/\s*[\n\r\t]+\s*/g, ', ')
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu, '')
    .replace(/\S+/g, (run) => (link.test(run) ? ',' : run))
    .replace(/[‘’`´]/g, "'")
    .replace(/[$€£¥]\s?[\d.,]*/g, ' ')
    .replace(/[<>{}[\]|=]| [-–—]+ /g, ', ')
    .replace(/:(?!\d)|(?<!\d):/g, ' ')
    .replace(/\b([ap])\.\s?m\b\.?/gi, '$1m')
    .replace(/\b(mrs?|ms|apt|st|ave|rd|blvd|ste)\.(?=,| [a-z\d#])/gi, '$1')
    .replace(/\b(mrs?|ms)\./gi, '$1')
    .replace(/(?<= \p{Lu})\.(?= \p{Lu})/gu, '')
    .replace(/(?<=[\p{L}\p{N}])\.(?=\p{L})/gu, '. ')
    .replace(/[^\p{L}\p{M}\p{N} .,;:'"!?()&#/+%-]/gu, ' ')
    .replace(/\p{M}{3,}/gu, '')
    .replace(/ {2,}/g, ' ')
    .trim();

/** Lower case, without accents and apostrophes; keeps the number of words. */
export const fold = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/[\p{M}'’]/gu, '')
    .toLowerCase();

/** Cuts at a word's end so that at most `most` characters (UTF-16) are left. */
export const cut = (text: string, most: number): string => {
  if (text.length <= most) return text;
  const head = text.slice(0, most + 1);
  const space = head.lastIndexOf(' ');
  const kept = space > most / 2 ? head.slice(0, space) : head.slice(0, most);
  return kept.replace(/[\uD800-\uDBFF]$/, '').replace(/[ .,;:'"!?(&#/+-]+$/, '');
};

const tokenShape = /[\p{L}\p{N}\p{M}]+(?:['/:&-][\p{L}\p{N}\p{M}]+)*|[.,;!?()"#&]/gu;

const readingOf = (text: string, tokens: readonly Token[]): Reading => ({
  text,
  tokens,
  folded: tokens.map((token) => token.word).join(' '),
});

/** Takes a cleaned text; gives its tokens. */
export const reading = (text: string): Reading =>
  readingOf(
    text,
    [...text.matchAll(tokenShape)].map((match) => ({
      word: match[0] === '&' ? 'and' : fold(match[0]),
      start: match.index,
      end: match.index + match[0].length,
    })),
  );

/** The same text with a span's words taken out: it now parts two clauses. */
export const without = (read: Reading, span: Span | null): Reading =>
  span === null
    ? read
    : readingOf(
        read.text,
        read.tokens.map((token, index) =>
          index >= span.from && index < span.to ? { ...token, word: ';' } : token,
        ),
      );

export const isMark = (word: string): boolean => /^[.,;!?()"]$/.test(word);

/** The span's words as the customer wrote them. */
export const said = (read: Reading, span: Span): string =>
  read.text.slice(read.tokens[span.from]?.start ?? 0, read.tokens[span.to - 1]?.end ?? 0);

/** The word at a token's place, empty beyond the ends. */
export const wordAt = (read: Reading, at: number): string => read.tokens[at]?.word ?? '';

export const isCapital = (read: Reading, at: number): boolean =>
  /^\p{Lu}/u.test(said(read, { from: at, to: at + 1 }));

/** The tokens that cover the characters `start` to `end` of `folded`. */
export const spanAt = (read: Reading, start: number, end: number): Span => {
  const from = read.folded.slice(0, start).split(' ').length - 1;
  return { from, to: from + read.folded.slice(start, end).trim().split(' ').length };
};

/** The parts between marks, marks left out. */
export const clausesOf = (read: Reading): readonly Span[] => {
  const edges = read.tokens.flatMap((token, index) => (isMark(token.word) ? [index] : []));
  return [-1, ...edges]
    .map((edge, index) => ({ from: edge + 1, to: edges[index] ?? read.tokens.length }))
    .filter((span) => span.from < span.to);
};

export const wordsOf = (read: Reading, span: Span): readonly string[] =>
  read.tokens.slice(span.from, span.to).map((token) => token.word);

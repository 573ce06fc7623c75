export type Keyword = 'stop' | 'start' | 'help';

/**
 * Twilio's default words (docs/messaging/tutorials/advanced-opt-out), the FCC's seven (47 CFR 64.1200(a)(10))
 * and their Spanish; the Spanish ones Twilio does not know, so only the hub's own ledger blocks after them.
 */
const words: Record<Keyword, readonly string[]> = {
  stop: [
    'stop',
    'stopall',
    'stop all',
    'unsubscribe',
    'cancel',
    'end',
    'quit',
    'revoke',
    'optout',
    'opt out',
    'parar',
    'alto',
    'cancelar',
    'no mas',
  ],
  start: ['start', 'unstop'],
  help: ['help', 'info', 'ayuda'],
};

const keywords: readonly Keyword[] = ['stop', 'start', 'help'];
const byWord: ReadonlyMap<string, Keyword> = new Map(
  keywords.flatMap((keyword) => words[keyword].map((word) => [word, keyword] as const)),
);

/**
 * Takes any text; gives its words alone: lower case, no accents, apostrophes, punctuation, emoji or invisible
 * characters, one space between two words. Linear in the text's length.
 */
export const plainWords = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/[\p{Cf}\p{M}'’‘`´]/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

/**
 * Takes a text and, with Advanced Opt-Out, Twilio's own verdict `OptOutType`, which wins; gives the keyword that
 * the whole text is, or null. `YES` is no keyword here: see `keywordWhenOptedOut`.
 */
export const keywordOf = (text: string, optOutType?: string): Keyword | null => {
  const verdict = keywords.find((keyword) => keyword === optOutType?.trim().toLowerCase());
  return verdict ?? byWord.get(plainWords(text)) ?? null;
};

/** As `keywordOf`, for a contact that has opted out: to Twilio their `YES` means `START`, to anyone else just yes. */
export const keywordWhenOptedOut = (text: string, optOutType?: string): Keyword | null =>
  keywordOf(text, optOutType) ?? (plainWords(text) === 'yes' ? 'start' : null);

/** Control characters and halves of characters, which no database keeps. */
const UNFIT = /\p{Cc}|\p{Cs}/gu;

/**
 * What may be kept of a text that somebody else wrote. Cut first: a cut may go through the middle of a character.
 * @param longest in UTF-16 units
 */
export const keepable = (text: string, longest: number): string =>
  text.slice(0, longest).replace(UNFIT, ' ').trim();

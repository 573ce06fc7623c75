import type { DispatchAnswer } from './dispatch.domain.js';

/** Tag, zero-width, bidirectional and variation characters, which can hide instructions in a text. */
const INVISIBLE =
  /[\u{E0000}-\u{E007F}]|[\u{FE00}-\u{FE0F}]|[\u{200B}-\u{200F}\u{202A}-\u{202E}\u{2060}-\u{2064}\u{FEFF}]/gu;
const CONTROL = /\p{Cc}|\p{Cs}/gu;
const NEW_LINE = '\n';
/** Anything that a phone would turn into a link: a scheme, a name with a top-level domain, an IP address. */
const LINK = /https?:|\bwww\.|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,24}\b|\b\d{1,3}(?:\.\d{1,3}){3}\b/i;
const LONGEST = 640;

/** What the customer may get of an answer; a reason when nothing of it. */
export type Guarded =
  | { readonly kind: 'fit'; readonly answer: DispatchAnswer }
  | { readonly kind: 'refused'; readonly reason: 'link' | 'too-long' | 'empty' };

/** The AI is not trusted: no links, no hidden characters, a sensible length. */
export const guard = (answer: DispatchAnswer): Guarded => {
  if (answer.text === null) return { kind: 'fit', answer };
  const text = answer.text
    .replace(INVISIBLE, '')
    .replace(CONTROL, (character) => (character === NEW_LINE ? character : ''))
    .trim();
  if (text === '')
    return answer.action === 'reply'
      ? { kind: 'refused', reason: 'empty' }
      : { kind: 'fit', answer: { ...answer, text: null } };
  if (text.length > LONGEST) return { kind: 'refused', reason: 'too-long' };
  if (LINK.test(text.normalize('NFKC'))) return { kind: 'refused', reason: 'link' };
  return { kind: 'fit', answer: { ...answer, text } };
};

const AUTOMATED = /automated assistant|virtual assistant|asistente (?:automatizado|automático|virtual)/i;
const DENIED = /\b(?:not|no soy|isn't|never)\b/i;
const DISCLOSURE: Readonly<Record<'en' | 'es', string>> = {
  en: 'This is an automated assistant. ',
  es: 'Soy un asistente automatizado. ',
};

/** Puts the disclosure before the AI's first text, unless the text says it itself. */
export const disclosed = (text: string, language: 'en' | 'es'): string =>
  AUTOMATED.test(text) && !DENIED.test(text) ? text : `${DISCLOSURE[language]}${text}`;

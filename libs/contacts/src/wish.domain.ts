import { keywordOf, keywordWhenOptedOut, type Keyword } from './keyword.domain.js';
import { refusalOf } from './refusal.domain.js';

/** What a customer's text asks of us before anybody reads it. */
export type CustomerWish = Keyword | ReturnType<typeof refusalOf>;

/**
 * What a text asks of us: its keyword, or else a refusal in the customer's own words.
 * @param optOutType Twilio's own verdict, with Advanced Opt-Out
 */
export const wishOf = (text: string, optedOut: boolean, optOutType?: string): CustomerWish =>
  (optedOut ? keywordWhenOptedOut(text, optOutType) : keywordOf(text, optOutType)) ?? refusalOf(text);

export type ConsentChange = 'opt-in' | 'opt-out';

const asked = (wish: CustomerWish): ConsentChange | null => {
  if (wish === 'start') return 'opt-in';
  return wish === 'stop' || wish === 'opt-out' ? 'opt-out' : null;
};

const OPPOSITE: Readonly<Record<ConsentChange, ConsentChange>> = { 'opt-in': 'opt-out', 'opt-out': 'opt-in' };

/**
 * What a wish changes; null when it asks for no change, or when the opposite was wished for since it was said. The same
 * again overtakes nothing: a second STOP counts from when it was said.
 */
export const consentBy = (wish: CustomerWish, since: readonly ConsentChange[]): ConsentChange | null => {
  const change = asked(wish);
  return change === null || since.includes(OPPOSITE[change]) ? null : change;
};

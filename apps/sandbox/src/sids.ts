import { randomBytes } from 'node:crypto';

export type SidPrefix = 'AC' | 'CA' | 'SM' | 'MM' | 'ME' | 'MG' | 'RE' | 'NO' | 'RQ' | 'PN';

/** A fresh Twilio identifier: the two letters of its kind and 32 hex digits. */
export const newSid = (prefix: SidPrefix): string => prefix + randomBytes(16).toString('hex');

/** Tells whether the text is a well-formed identifier of that kind. */
export const isSid = (prefix: SidPrefix, text: string): boolean =>
  text.startsWith(prefix) && /^[A-Z]{2}[0-9a-fA-F]{32}$/.test(text);

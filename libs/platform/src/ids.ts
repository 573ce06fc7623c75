import { createHash } from 'node:crypto';

import { v7 } from 'uuid';

/** A new UUIDv7 (RFC 9562): sorts by the time it was made. */
export const newId = (): string => v7();

/** A UUIDv7 that is the same for the same words, as if it was made then. @param at milliseconds since the epoch */
export const idFor = (words: string, at: number): string =>
  v7({ msecs: at, random: createHash('sha256').update(words).digest() });

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Whether a text is a UUID in its canonical lower-case form. */
export const isId = (text: string): boolean => UUID.test(text);

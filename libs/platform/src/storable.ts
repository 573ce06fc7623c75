const NUL = String.fromCharCode(0);

/** A text as PostgreSQL can keep it: no NUL characters, and no half of a surrogate pair. */
export const storable = (text: string): string =>
  (text.includes(NUL) ? text.replaceAll(NUL, '') : text).toWellFormed();

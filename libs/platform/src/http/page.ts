import { Invalid } from '../errors.js';
import { isId } from '../ids.js';

export interface Page<T> {
  readonly data: readonly T[];
  readonly nextCursor: string | null;
}

/** A place in a list that is ordered by (time, id), newest first. */
export interface Place {
  readonly at: Date;
  readonly id: string;
}

const cursorOf = ({ at, id }: Place): string =>
  Buffer.from(`${at.toISOString()}/${id}`).toString('base64url');

/**
 * Reads a cursor that we once gave.
 * @throws Invalid for any other text.
 */
export const placeOf = (cursor: string | undefined): Place | null => {
  if (cursor === undefined) return null;
  const [time, id] = Buffer.from(cursor, 'base64url').toString('utf8').split('/');
  const at = new Date(time ?? '');
  if (!/^\d{4}-[^/]+Z$/.test(time ?? '') || Number.isNaN(at.getTime()) || id === undefined || !isId(id)) {
    throw new Invalid('cursor: take it from the nextCursor of the page before.', [], 'invalid-cursor');
  }
  return { at, id };
};

/** Makes a page of up to `limit` out of rows that were read with `limit + 1`. */
export const pageOf = <R extends Place, T>(
  rows: readonly R[],
  limit: number,
  view: (row: R) => T,
): Page<T> => {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    data: shown.map(view),
    nextCursor: rows.length > limit && last !== undefined ? cursorOf(last) : null,
  };
};

/** A query's time as a value of the database; what came was checked by its DTO. */
export const instant = (text: string | undefined): Date | null =>
  text === undefined ? null : new Date(text);

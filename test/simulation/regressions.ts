import { readFileSync, writeFileSync } from 'node:fs';

/** A seed that failed once, and what it found; always run again. */
export interface Regression {
  readonly seed: number;
  readonly found: string;
}

const FILE = new URL('./regressions.json', import.meta.url);

const isRegression = (one: unknown): one is Regression =>
  typeof one === 'object' &&
  one !== null &&
  'seed' in one &&
  typeof one.seed === 'number' &&
  'found' in one &&
  typeof one.found === 'string';

/** @throws Error when the list is not what it should be */
export const regressions = (): readonly Regression[] => {
  const listed: unknown = JSON.parse(readFileSync(FILE, 'utf8'));
  if (Array.isArray(listed) && listed.every(isRegression)) return listed;
  throw new Error('regressions.json takes a list of {"seed": number, "found": string}.');
};

/** Adds seeds that are not on the list. */
export const keep = (failed: readonly Regression[]): void => {
  const before = regressions();
  const known = new Set(before.map(({ seed }) => seed));
  const fresh = failed.filter(({ seed }) => !known.has(seed));
  if (fresh.length > 0) writeFileSync(FILE, `${JSON.stringify([...before, ...fresh], null, 2)}\n`);
};

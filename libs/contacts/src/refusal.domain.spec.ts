import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { keywordOf } from './keyword.domain.js';
import { refusalOf } from './refusal.domain.js';

const read = (file: string): unknown => JSON.parse(readFileSync(`test/data/${file}`, 'utf8'));
const { refusals } = read('keywords.json') as {
  readonly refusals: Record<'optOut' | 'ambiguous' | 'none', readonly string[]>;
};
type Dialogues = readonly { readonly turns: readonly { readonly customer: string | readonly string[] }[] }[];
const said = (file: string): readonly string[] =>
  (read(file) as Dialogues).flatMap(({ turns }) => turns.flatMap(({ customer }) => customer));

describe('free-text refusals', () => {
  it.each(refusals.optOut)('stops for good at %j', (text) => {
    expect(refusalOf(text)).toBe('opt-out');
  });
  it.each(refusals.ambiguous)('leaves %j to a person', (text) => {
    expect(refusalOf(text)).toBe('ambiguous');
  });
  it.each(refusals.none)('goes on after %j', (text) => {
    expect(refusalOf(text)).toBeNull();
    expect(keywordOf(text)).toBeNull();
  });

  it.each(['dialogues.json', 'dialogues-held-out.json'])('hears no refusal and no keyword in %s', (file) => {
    const wrong = said(file).filter((text) => refusalOf(text) !== null || keywordOf(text) !== null);
    expect(wrong).toEqual([]);
  });

  it.each([
    'dont want ',
    'stop ',
    'no quiero ',
    'cancel a ',
    'please ',
    'a',
    ' ',
    '.',
    'ok stop it ',
    '“',
    '🛑',
  ])('reads 64 kB of %j at once', (unit) => {
    const text = `x${unit.repeat(Math.ceil(65_536 / unit.length))}!`;
    const started = performance.now();
    refusalOf(text);
    expect(performance.now() - started).toBeLessThan(500);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        refusalOf(text);
      }),
    );
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EMERGENCY_TEXT, emergencyOf } from './emergency.domain.js';

const read = (file: string): unknown => JSON.parse(readFileSync(`test/data/${file}`, 'utf8'));
const { fixtures, emergencies } = read('keywords.json') as {
  readonly fixtures: {
    readonly emergency: {
      readonly categories: Record<string, readonly string[]>;
      readonly hardNegatives: readonly string[];
      readonly conditional: { readonly phrase: string; readonly onlyWith: readonly string[] };
    };
  };
  readonly emergencies: {
    readonly positive: readonly (readonly [string, string])[];
    readonly negative: readonly string[];
  };
};
interface Turn {
  readonly customer: string | readonly string[];
  readonly emergency?: true;
}
const turns = (file: string): readonly Turn[] =>
  (read(file) as readonly { readonly turns: readonly Turn[] }[]).flatMap((dialogue) => dialogue.turns);

describe('emergencies', () => {
  it.each(Object.values(fixtures.emergency.categories).flat())('hears the shared phrase %j', (phrase) => {
    expect(emergencyOf(phrase)).not.toBeNull();
  });
  it.each(emergencies.positive)('hears %j as %s', (text, category) => {
    expect(emergencyOf(text)).toBe(category);
  });
  it.each([...fixtures.emergency.hardNegatives, ...emergencies.negative])('stays calm at %j', (text) => {
    expect(emergencyOf(text)).toBeNull();
  });
  it.each(fixtures.emergency.conditional.onlyWith)('fears no heat only with %j', (frailty) => {
    expect(emergencyOf(`We have ${fixtures.emergency.conditional.phrase}. ${frailty} here`)).toBe('life');
    expect(emergencyOf(`${frailty} here, the heat is fine`)).toBeNull();
  });

  it.each(['dialogues.json', 'dialogues-held-out.json'])(
    'finds the emergencies of %s and no others',
    (file) => {
      const heard = (turn: Turn): boolean =>
        [turn.customer].flat().some((text) => emergencyOf(text) !== null);
      expect(turns(file).filter((turn) => heard(turn) !== (turn.emergency === true))).toEqual([]);
    },
  );

  it('says to call 911 in one short text, in plain GSM-7 letters in English', () => {
    for (const text of Object.values(EMERGENCY_TEXT)) {
      expect(text).toContain('911');
      expect(text.length).toBeLessThanOrEqual(300);
    }
    expect(EMERGENCY_TEXT.en).toMatch(/^[A-Za-z0-9 .,'!?-]+$/);
  });

  it.each([
    'smell ',
    'baby ',
    'water in ',
    'gas ',
    'no heat ',
    'outlet is ',
    'kids a',
    'a',
    ' ',
    '.',
    'hissing ',
  ])('reads 64 kB of %j at once', (unit) => {
    const text = `x${unit.repeat(Math.ceil(65_536 / unit.length))}!`;
    const started = performance.now();
    emergencyOf(text);
    expect(performance.now() - started).toBeLessThan(500);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        emergencyOf(text);
      }),
    );
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { keywordOf, keywordWhenOptedOut, plainWords } from './keyword.domain.js';

interface Phrases {
  readonly fixtures: { readonly twilioDefaultOptOut: readonly string[]; readonly help: readonly string[] };
  readonly optOut: Record<'stop' | 'start' | 'help' | 'none', readonly string[]>;
}
const phrases = JSON.parse(readFileSync('test/data/keywords.json', 'utf8')) as Phrases;

describe('keywords', () => {
  it.each([...phrases.fixtures.twilioDefaultOptOut, ...phrases.optOut.stop])('hears %j as stop', (text) => {
    expect(keywordOf(text)).toBe('stop');
  });
  it.each(phrases.optOut.start)('hears %j as start', (text) => {
    expect(keywordOf(text)).toBe('start');
  });
  it.each([...phrases.fixtures.help, ...phrases.optOut.help])('hears %j as help', (text) => {
    expect(keywordOf(text)).toBe('help');
  });
  it.each(phrases.optOut.none)('hears no keyword in %j', (text) => {
    expect(keywordOf(text)).toBeNull();
  });

  it('takes YES as a start only from a contact who opted out', () => {
    expect(keywordOf('Yes')).toBeNull();
    expect(keywordWhenOptedOut('Yes!')).toBe('start');
    expect(keywordWhenOptedOut('stop')).toBe('stop');
    expect(keywordWhenOptedOut('yes please')).toBeNull();
  });

  it("believes Twilio's verdict before the words, and the words when the verdict is unknown", () => {
    expect(keywordOf('whatever', 'STOP')).toBe('stop');
    expect(keywordOf('stop', 'HELP')).toBe('help');
    expect(keywordOf('hello', 'Start')).toBe('start');
    expect(keywordOf('stop', 'SOMETHING')).toBe('stop');
    expect(keywordOf('hello', '')).toBeNull();
  });

  it('sees through case, punctuation and invisible characters around any keyword', () => {
    const wrap = fc.stringMatching(/^[ .!"'\u200b\u2060🙏*-]{0,6}$/u);
    fc.assert(
      fc.property(
        fc.constantFrom(...phrases.fixtures.twilioDefaultOptOut),
        wrap,
        wrap,
        fc.boolean(),
        (word, a, b, low) => {
          expect(keywordOf(a + (low ? word.toLowerCase() : word) + b)).toBe('stop');
        },
      ),
    );
  });

  it('reads plain words the same twice over', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const once = plainWords(text);
        expect(plainWords(once)).toBe(once);
      }),
    );
  });
});

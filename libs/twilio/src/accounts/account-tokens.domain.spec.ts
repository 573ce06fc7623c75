import { describe, expect, it } from '@jest/globals';

import { tokensAfterStart, type Tokens } from './account-tokens.domain.js';

describe("an account's tokens after a start", () => {
  it.each([
    ['A', 'A', 'A'],
    ['AB', 'A', 'AB'],
    ['AB', 'B', 'AB'],
    ['AB', 'AB', 'AB'],
    ['AB', 'BA', 'AB'],
    ['B', 'A', 'AB'],
    ['BC', 'A', 'AB'],
    ['A', 'AB', 'AB'],
    ['B', 'AB', 'AB'],
    ['AB', 'AC', 'AC'],
    ['AB', 'BC', 'BC'],
    ['AB', 'CD', 'CD'],
    ['', 'A', 'A'],
    ['', 'AB', 'AB'],
  ])('stored %p, named %p: %p', (stored, named, after) => {
    const tokens = (word: string): Tokens => ({ primary: word[0] ?? null, secondary: word[1] ?? null });
    const [primary = ''] = named;
    const given = { ...tokens(named), primary };
    expect(tokensAfterStart(tokens(stored), given)).toEqual(tokens(after));
  });
});

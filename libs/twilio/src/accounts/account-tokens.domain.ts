/** An account's tokens, open; webhooks signed by either are accepted. */
export interface Tokens {
  readonly primary: string | null;
  readonly secondary: string | null;
}

/**
 * What the tokens are after a start, whose environment may be older than they are: as they were when they have all that
 * it names, else what it names, and beside a single token the primary of before. The same object when nothing changes.
 */
export const tokensAfterStart = (stored: Tokens, named: Tokens & { readonly primary: string }): Tokens => {
  const known = [stored.primary, stored.secondary];
  if (known.includes(named.primary) && (named.secondary === null || known.includes(named.secondary)))
    return stored;
  return { primary: named.primary, secondary: named.secondary ?? stored.primary };
};

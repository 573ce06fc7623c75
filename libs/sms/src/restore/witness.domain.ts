/** What a process remembers of the database beside it. Times in milliseconds, by the database's clock. */
export interface Witness {
  /** Which installation it is about; null when nothing was seen yet. */
  readonly installation: string | null;
  /** The highest number of an attempt that was seen committed. */
  readonly seq: number;
  /** When the database was last seen to agree. */
  readonly checkedAt: number;
  /** When somebody last found that it had gone back, as it said itself; null when never. */
  readonly trippedAt: number | null;
}

/** What the database says of itself. */
export interface Seen {
  /** Made with the database's tables; a restored dump keeps it. */
  readonly installation: string;
  /** The highest number among its attempts; 0 without any. */
  readonly seq: number;
  /** When somebody last found that it had gone back; null when never. */
  readonly trippedAt: number | null;
  readonly now: number;
}

export const NOTHING_SEEN: Witness = { installation: null, seq: 0, checkedAt: 0, trippedAt: null };

/** Something was remembered, and nobody can read it: of an installation that is none. */
export const UNREADABLE: Witness = { ...NOTHING_SEEN, installation: '' };

/** The word that it went back is gone from it: the same backup was restored once more. */
const forgotRestore = ({ trippedAt }: Witness, seen: Seen): boolean =>
  trippedAt !== null && (seen.trippedAt ?? 0) < trippedAt;

/**
 * `went-back`: attempts that were committed are gone, or what was found out about them, or, for all that can be read,
 * may be. `adopt`: another database, or one that somebody else has already
 * found to have gone back; what was remembered does not hold for it.
 */
export const judge = (witness: Witness, seen: Seen): 'agrees' | 'adopt' | 'went-back' => {
  if (witness.installation === UNREADABLE.installation) return seen.seq > 0 ? 'went-back' : 'adopt';
  if (witness.installation !== seen.installation) return 'adopt';
  if (seen.trippedAt !== null && seen.trippedAt > witness.checkedAt) return 'adopt';
  return seen.seq < witness.seq || forgotRestore(witness, seen) ? 'went-back' : 'agrees';
};

/** What is remembered from now on. */
export const witnessOf = ({ installation, seq, now, trippedAt }: Seen): Witness => ({
  installation,
  seq,
  checkedAt: now,
  trippedAt,
});

/** What is known of a send whose outcome nobody knows. */
export interface Evidence {
  /** Twilio's messages that could be it and belong to no other send; null when the list could not be had. */
  readonly candidates: number | null;
  /** The how-manieth look this is. */
  readonly look: number;
  /** How many looks, this one included, were answered by a list without it. */
  readonly absences: number;
  readonly attempts: number;
}

const MOST_ATTEMPTS = 2;
const MOST_LOOKS = 4;
const ABSENCES_TO_BELIEVE = 2;

/** Bound by one candidate; sent again after the list lacked it twice; held when it cannot be told. */
export const settle = ({
  candidates,
  look,
  absences,
  attempts,
}: Evidence): 'bind' | 'send-again' | 'hold' | 'look-again' => {
  if (candidates === 1) return 'bind';
  if (candidates !== null && candidates > 1) return 'hold';
  if (absences >= ABSENCES_TO_BELIEVE) return attempts < MOST_ATTEMPTS ? 'send-again' : 'hold';
  return look >= MOST_LOOKS ? 'hold' : 'look-again';
};

/** One absence more when the list was had and did not hold it; a list that could not be had says nothing. */
export const absencesAfter = (before: number, listed: readonly unknown[] | null): number =>
  listed?.length === 0 ? before + 1 : before;

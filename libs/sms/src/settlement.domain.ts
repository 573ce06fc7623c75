/** What is known of a send whose outcome nobody knows. */
export interface Evidence {
  /** Twilio's messages that could be it and belong to no other send; null when the list could not be had. */
  readonly candidates: number | null;
  /** The how-manieth look this is. */
  readonly look: number;
  readonly attempts: number;
}

const MOST_ATTEMPTS = 2;
const MOST_LOOKS = 4;

/** Bound by one candidate; sent again after the list lacked it twice; held when it cannot be told. */
export const settle = ({
  candidates,
  look,
  attempts,
}: Evidence): 'bind' | 'send-again' | 'hold' | 'look-again' => {
  if (candidates === 1) return 'bind';
  if (candidates !== null && candidates > 1) return 'hold';
  const absent = candidates === 0 && look >= 2;
  if (absent) return attempts < MOST_ATTEMPTS ? 'send-again' : 'hold';
  return look >= MOST_LOOKS ? 'hold' : 'look-again';
};

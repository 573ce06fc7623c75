/** A customer's text, and what is known around it. */
export interface Arrived {
  readonly wish: 'stop' | 'start' | 'help' | 'opt-out' | 'ambiguous' | null;
  readonly body: string;
  readonly optedOut: boolean;
  readonly blocked: boolean;
  readonly isEmergency: boolean;
  /** Twilio said that it answered by itself. */
  readonly answeredByTwilio: boolean;
}

/** What one text means for its conversation: the step that is taken, and the fixed text that is said. */
export interface Meaning {
  /** `barred`: to a human, with no timer and no AI. */
  readonly step: 'customer-wrote' | 'opted-out' | 'barred' | null;
  readonly says: 'opt-out-confirmation' | 'help' | 'emergency' | null;
}

/** Words that Twilio itself answers and blocks (its default opt-out keywords): a text of ours would be refused. */
const TWILIO_ANSWERS = /^\W*(stop|stopall|unsubscribe|cancel|end|quit|revoke|optout)\W*$/i;

const NOTHING: Meaning = { step: null, says: null };

const plain = ({ optedOut, blocked, isEmergency }: Arrived): Meaning => {
  if (optedOut) return NOTHING;
  if (isEmergency) return { step: 'barred', says: 'emergency' };
  return blocked ? NOTHING : { step: 'customer-wrote', says: null };
};

/** A keyword, an emergency, or simply somebody waiting. */
export const meaningOf = (text: Arrived): Meaning => {
  const { wish, body, optedOut, answeredByTwilio } = text;
  switch (wish) {
    case 'stop':
    case 'opt-out': {
      const isAnswered = answeredByTwilio || TWILIO_ANSWERS.test(body);
      return { step: 'opted-out', says: isAnswered ? null : 'opt-out-confirmation' };
    }
    case 'help':
      return { step: null, says: answeredByTwilio || optedOut ? null : 'help' };
    case 'start':
      return NOTHING;
    case 'ambiguous':
      return { step: 'barred', says: null };
    case null:
      return plain(text);
  }
};

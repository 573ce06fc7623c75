/** What the strays between a text's two numbers say of it. */
export interface Trace {
  /** One of them has its words, and is this text's from now on. */
  readonly isTaken: boolean;
  /** One of them is listed without its words. */
  readonly isRedacted: boolean;
  /** One of them went out after the customer's last text. */
  readonly isAnswered: boolean;
}

/** `found`: it is one of them. `doubted`: it may be one. `dropped`: it answers what one of them has answered. */
export type StrayVerdict = 'found' | 'doubted' | 'dropped' | 'to-be-sent';

/**
 * What becomes of a text that a restored database is about to send.
 * @param isAnswer whether it answers the customer's last text, so that a second one would be one too many
 */
export const strayVerdict = ({ isTaken, isRedacted, isAnswered }: Trace, isAnswer: boolean): StrayVerdict => {
  if (isTaken) return 'found';
  if (isRedacted) return 'doubted';
  return isAnswered && isAnswer ? 'dropped' : 'to-be-sent';
};

export type OptOutType = 'STOP' | 'START' | 'HELP';

const keywords: Readonly<Record<string, OptOutType>> = Object.fromEntries([
  ...['STOP', 'STOPALL', 'UNSUBSCRIBE', 'CANCEL', 'END', 'QUIT', 'REVOKE', 'OPTOUT'].map((word) => [
    word,
    'STOP',
  ]),
  ...['START', 'YES', 'UNSTOP'].map((word) => [word, 'START']),
  ...['HELP', 'INFO'].map((word) => [word, 'HELP']),
]) as Record<string, OptOutType>;

const replies: Readonly<Record<OptOutType, string>> = {
  STOP: 'You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START to resubscribe.',
  START:
    'You have successfully been re-subscribed to messages from this number. Reply HELP for help. Reply STOP to unsubscribe. Msg&Data Rates May Apply.',
  HELP: 'Reply STOP to unsubscribe. Msg&Data Rates May Apply.',
};

const MOST_PAIRS = 100_000;

/** Twilio's own block list: who may not be texted from which number or messaging service. */
export class OptOuts {
  readonly #pairs = new Set<string>();

  has(sender: string, customer: string): boolean {
    return this.#pairs.has(`${sender}|${customer}`);
  }

  /** Takes in a customer's text; returns what Twilio itself answers to it, if anything. */
  hear(senders: readonly string[], customer: string, said: OptOutType | undefined): string | undefined {
    if (said === undefined) return undefined;
    if (said === 'HELP') return replies.HELP;
    const isChange = senders
      .map((sender) => this.#set(`${sender}|${customer}`, said === 'STOP'))
      .includes(true);
    return isChange ? replies[said] : undefined;
  }

  #set(pair: string, isBlocked: boolean): boolean {
    if (!isBlocked) return this.#pairs.delete(pair);
    if (this.#pairs.has(pair) || this.#pairs.size >= MOST_PAIRS) return false;
    this.#pairs.add(pair);
    return true;
  }
}

/** The default keywords: one word alone, in any case. */
export const keywordIn = (body: string): OptOutType | undefined => keywords[body.trim().toUpperCase()];

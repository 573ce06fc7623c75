/** What a dispatcher collects for the person who will follow up. */
export type Fact = 'problem' | 'address' | 'name' | 'time';

/** One text of a conversation, oldest first in a history. */
export interface Line {
  readonly author: 'customer' | 'human' | 'ai' | 'system';
  readonly text: string;
}

/** What is known of the job; null where nobody said. */
export interface Lead {
  readonly name: string | null;
  readonly address: string | null;
  readonly jobType: string | null;
  readonly urgency: 'normal' | 'urgent' | 'emergency' | null;
  readonly summary: string | null;
  readonly callbackTime?: string | null;
}

/** `text` is what the customer gets, null for nothing; `asked` is the fact that the text asks for. */
export interface DispatchAnswer {
  readonly action: 'reply' | 'handoff' | 'close';
  readonly text: string | null;
  readonly lead: Lead;
  readonly asked: Fact | null;
}

/** The fact tables: one row for each call, message and conversation. */
export type FactTable = 'calls' | 'messages' | 'conversations';

/** An event as the projections read it. */
export interface LoggedEvent {
  readonly type: string;
  /** The call's, message's or conversation's id. */
  readonly subjectId: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A subject's id beside what one event says of it. */
export type Said = Readonly<Record<string, unknown>> & { readonly subjectId: string };

/** `call.missed` is left out: a `call.ended` with the same words always goes with it. */
const TABLE_OF: Readonly<Record<string, FactTable>> = {
  'call.started': 'calls',
  'call.ended': 'calls',
  'text-back.decided': 'calls',
  'message.received': 'messages',
  'message.sent': 'messages',
  'message.status': 'messages',
  'conversation.opened': 'conversations',
  'conversation.handler-changed': 'conversations',
  'conversation.closed': 'conversations',
};

/** The types of events that the projections are made of. */
export const PROJECTED: readonly string[] = Object.keys(TABLE_OF);

/** What events say, by the table that they say it to. */
export const byTable = (events: readonly LoggedEvent[]): Readonly<Record<FactTable, readonly Said[]>> => {
  const sorted: Record<FactTable, Said[]> = { calls: [], messages: [], conversations: [] };
  for (const { type, subjectId, data } of events) {
    const table = TABLE_OF[type];
    if (table !== undefined) sorted[table].push({ ...data, subjectId });
  }
  return sorted;
};

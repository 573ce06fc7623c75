/** Who speaks for the business. */
export type Handler = 'unassigned' | 'human' | 'ai';

/** What happens to a conversation. */
export type ConversationEvent =
  | 'customer-wrote'
  | 'human-wrote'
  | 'takeover-due'
  /** Its tenant has switched the AI off, which was to take it over, or to answer. */
  | 'ai-off'
  | 'human-took-over'
  | 'released-to-ai'
  | 'released'
  | 'escalated'
  | 'barred'
  | 'opted-out'
  | 'closed';

/** What else is to be done, in the same transaction. */
export type Effect =
  | 'arm-takeover'
  | 'arm-reclaim'
  | 'note-waiting'
  | 'disarm'
  | 'ask-dispatcher'
  | 'cancel-automatic'
  | 'raise-epoch';

export interface Step {
  readonly handler: Handler;
  readonly effects: readonly Effect[];
}

const to = (handler: Handler, ...effects: Effect[]): Step => ({ handler, effects });

const HUMAN_WROTE = to('human', 'disarm', 'cancel-automatic', 'raise-epoch');
const TAKEN_OVER = to('human', 'disarm', 'cancel-automatic');
const STOPPED: readonly Effect[] = ['disarm', 'cancel-automatic', 'raise-epoch'];

const STEPS: Readonly<Record<Handler, Readonly<Partial<Record<ConversationEvent, Step>>>>> = {
  unassigned: {
    'customer-wrote': to('unassigned', 'arm-takeover'),
    'human-wrote': HUMAN_WROTE,
    'human-took-over': TAKEN_OVER,
    'takeover-due': to('ai', 'disarm', 'ask-dispatcher'),
    'ai-off': to('unassigned', 'disarm'),
    'released-to-ai': to('ai', 'disarm', 'ask-dispatcher'),
    barred: to('unassigned', ...STOPPED),
    'opted-out': to('unassigned', ...STOPPED),
    closed: to('unassigned', ...STOPPED),
  },
  human: {
    'customer-wrote': to('human', 'arm-reclaim'),
    'human-wrote': HUMAN_WROTE,
    'takeover-due': to('ai', 'disarm', 'ask-dispatcher'),
    'ai-off': to('human', 'disarm'),
    'released-to-ai': to('ai', 'disarm', 'ask-dispatcher'),
    released: to('unassigned', 'disarm'),
    barred: to('human', ...STOPPED),
    'opted-out': to('human', ...STOPPED),
    closed: to('unassigned', ...STOPPED),
  },
  ai: {
    'customer-wrote': to('ai', 'note-waiting', 'ask-dispatcher'),
    'human-wrote': HUMAN_WROTE,
    'human-took-over': TAKEN_OVER,
    'ai-off': to('unassigned', 'disarm', 'cancel-automatic'),
    released: to('unassigned', 'disarm', 'cancel-automatic'),
    escalated: to('unassigned', 'disarm'),
    barred: to('unassigned', ...STOPPED),
    'opted-out': to('ai', ...STOPPED),
    closed: to('unassigned', ...STOPPED),
  },
};

/** An event with no entry changes nothing: late timers and repeated webhooks are harmless. */
export const step = (handler: Handler, event: ConversationEvent): Step =>
  STEPS[handler][event] ?? to(handler);

/** Whether a step ends the epoch: every change of hands does, and whatever makes what others think of stale. */
export const endsEpoch = (before: Handler, { handler, effects }: Step): boolean =>
  handler !== before || effects.includes('raise-epoch');

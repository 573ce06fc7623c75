import {
  endsEpoch,
  step,
  type ConversationEvent,
  type Handler,
  type Step,
} from '../../libs/conversations/src/handler/handler.domain.js';
import type { Tried } from './arrangements.js';

const EVENTS: readonly ConversationEvent[] = [
  'customer-wrote',
  'human-wrote',
  'takeover-due',
  'ai-off',
  'human-took-over',
  'released-to-ai',
  'released',
  'escalated',
  'barred',
  'opted-out',
  'closed',
];
const LONGEST = 6;

const TAKES_OVER: readonly ConversationEvent[] = ['human-wrote', 'human-took-over'];
const GIVES_TO_AI: readonly ConversationEvent[] = ['takeover-due', 'released-to-ai'];
const STOPS: readonly ConversationEvent[] = ['human-wrote', 'barred', 'opted-out', 'closed'];

/** A conversation after some events, and whether a human came last. */
interface Hands {
  readonly handler: Handler;
  readonly isHumans: boolean;
}

/** The law that one more event breaks; null when it breaks none. */
const brokenBy = ({ handler, isHumans }: Hands, event: ConversationEvent, taken: Step): string | null => {
  const has = (effect: Step['effects'][number]): boolean => taken.effects.includes(effect);
  const again = step(taken.handler, event);
  if (has('ask-dispatcher') && taken.handler !== 'ai') return 'the AI is asked, and does not hold it';
  if (isHumans && taken.handler === 'ai' && !GIVES_TO_AI.includes(event))
    return 'the AI takes it from a human';
  if (event === 'human-wrote' && taken.handler !== 'human') return 'a human wrote, and does not hold it';
  if (event === 'takeover-due' && again.effects.length > 0) return 'a late timer does something';
  if (event === 'ai-off' && (taken.handler === 'ai' || !has('disarm'))) return 'the AI is off, and goes on';
  if (event === 'customer-wrote' && taken.handler !== handler) return 'a customer changes its hands';
  if (STOPS.includes(event) && !(has('disarm') && has('cancel-automatic') && endsEpoch(handler, taken)))
    return 'what waits is not stopped';
  return null;
};

/** Every sequence of up to six events, repeated ones too: none breaks a law of whose word it is. */
export const handsThatBreakALaw = (): Tried => {
  const differ: string[] = [];
  let orders = 0;
  const visit = (hands: Hands, path: readonly ConversationEvent[]): void => {
    if (path.length === LONGEST) return;
    for (const event of EVENTS) {
      orders += 1;
      const taken = step(hands.handler, event);
      const why = brokenBy(hands, event, taken);
      if (why !== null) differ.push(`${[...path, event].join(', ')}: ${why}`);
      const isHumans = TAKES_OVER.includes(event) || (hands.isHumans && !GIVES_TO_AI.includes(event));
      visit({ handler: taken.handler, isHumans }, [...path, event]);
    }
  };
  visit({ handler: 'unassigned', isHumans: false }, []);
  return { orders, differ };
};

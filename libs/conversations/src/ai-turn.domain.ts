import type { Handler } from './handler/handler.domain.js';
import type { Arrived } from './reception.domain.js';

/** A conversation as far as the AI's turn looks at it. */
export interface Held {
  readonly handler: Handler;
  readonly epoch: number;
  readonly status: 'open' | 'closed';
  /** Null when nobody waits for an answer. */
  readonly waitingSince: Date | number | null;
}

/** What a turn was begun with: the epoch, and the customer's newest text that asks for something. */
export interface Turn {
  readonly epoch: number;
  readonly asked: string;
}

const IS_SEEN_TO: Readonly<Record<NonNullable<Arrived['wish']>, boolean>> = {
  stop: true,
  'opt-out': true,
  start: true,
  help: true,
  ambiguous: false,
};

/** Wishes that are seen to without the AI: such a text asks nothing of it, and takes no turn back. */
export const SEEN_TO: readonly string[] = Object.entries(IS_SEEN_TO).flatMap(([wish, isSeenTo]) =>
  isSeenTo ? [wish] : [],
);

/** Whether it is the AI's turn in this epoch: it holds the conversation, and somebody waits. */
export const isAiTurn = ({ handler, epoch, status, waitingSince }: Held, inEpoch: number): boolean =>
  handler === 'ai' && epoch === inEpoch && status === 'open' && waitingSince !== null;

/**
 * Whether what was thought may still be said: the turn is not over, and the customer asked nothing more meanwhile,
 * for whoever does has another turn begun. A line that asks nothing (HELP, a text of the hub's own) begins none, so it
 * must not take this one back: nobody would answer.
 */
export const mayStillAnswer = (now: Held, newestAsked: string, { epoch, asked }: Turn): boolean =>
  isAiTurn(now, epoch) && newestAsked === asked;

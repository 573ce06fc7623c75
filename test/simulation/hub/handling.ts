import { SEEN_TO } from '../../../libs/conversations/src/ai-turn.domain.js';
import {
  endsEpoch,
  step,
  type ConversationEvent,
  type Effect,
} from '../../../libs/conversations/src/handler/handler.domain.js';
import type { Contact, Conversation } from '../rows.js';
import type { Tx } from '../store.js';
import { SECOND } from '../world.js';
import type { Settings } from './ground.js';
import type { Sends } from './sends.js';

/** The one conversation of this customer, opened when there is none. */
export const ensureConversation = (tx: Tx, { number }: Contact): Conversation => {
  const known = tx.get('conversations', number);
  if (known !== undefined) return known;
  const hands = { status: 'open', handler: 'unassigned', epoch: 0 } as const;
  const waits = { aiTakeoverAt: null, waitingSince: null, aiBarred: false, heldSince: null };
  const made: Conversation = { id: number, ...hands, ...waits };
  tx.set('conversations', number, made);
  return made;
};

/** Changes some of a conversation. */
export const change = (tx: Tx, id: string, to: Partial<Conversation>): Conversation => {
  const after = { ...tx.need('conversations', id), ...to };
  tx.set('conversations', id, after);
  return after;
};

const LOST: readonly string[] = ['suppressed', 'canceled', 'failed'];

const firstUnanswered = (tx: Tx, id: string): number | null => {
  const mine = tx.all('messages').filter(({ conversation }) => conversation === id);
  const answers = mine.filter(
    ({ author, purpose, status }) =>
      ['human', 'ai'].includes(author) && purpose !== 'scheduled' && !LOST.includes(status),
  );
  const answeredAt = Math.max(-1, ...answers.map(({ createdAt }) => createdAt));
  const asked = mine.filter(
    ({ author, wish, createdAt }) =>
      author === 'customer' && !SEEN_TO.includes(wish ?? '') && createdAt > answeredAt,
  );
  return asked.length === 0 ? null : Math.min(...asked.map(({ createdAt }) => createdAt));
};

/** The steps of the handler's table, with their effects. */
export class Handling {
  private readonly settings: Settings;
  private readonly sends: Sends;

  constructor(settings: Settings, sends: Sends) {
    this.settings = settings;
    this.sends = sends;
  }

  /** Takes one step; `at` is when what led to it happened. */
  apply(tx: Tx, id: string, event: ConversationEvent, at: number): Conversation {
    const before = tx.need('conversations', id);
    const taken = step(before.handler, event);
    const { handler, effects } = taken;
    if (effects.includes('disarm')) change(tx, id, { aiTakeoverAt: null });
    if (endsEpoch(before.handler, taken)) change(tx, id, { handler, epoch: before.epoch + 1 });
    for (const effect of effects) this.perform(tx, id, effect, at);
    const after = tx.need('conversations', id);
    tx.notes.push({ kind: 'stepped', event, before, after });
    return after;
  }

  /** Somebody of the business, or the AI, has answered. */
  answered(tx: Tx, id: string): void {
    change(tx, id, { waitingSince: null, heldSince: null, aiTakeoverAt: null });
  }

  private perform(tx: Tx, id: string, effect: Effect, at: number): void {
    switch (effect) {
      case 'arm-takeover':
        return this.arm(tx, id, at, this.settings.aiTakeoverSeconds);
      case 'arm-reclaim':
        return this.arm(tx, id, at, this.settings.aiReclaimSeconds);
      case 'note-waiting':
        return this.wait(tx, id, at);
      case 'cancel-automatic':
        return this.cancelAutomatic(tx, id);
      case 'ask-dispatcher':
        return this.ask(tx, id);
      case 'disarm':
      case 'raise-epoch':
        return;
    }
  }

  /** An answer that was canceled before it left was none. */
  private cancelAutomatic(tx: Tx, id: string): void {
    if (!this.sends.cancelAutomatic(tx, id)) return;
    const { waitingSince } = tx.need('conversations', id);
    change(tx, id, { heldSince: null, waitingSince: waitingSince ?? firstUnanswered(tx, id) });
  }

  private wait(tx: Tx, id: string, at: number): void {
    const { waitingSince } = tx.need('conversations', id);
    change(tx, id, { waitingSince: waitingSince ?? at });
  }

  private arm(tx: Tx, id: string, at: number, seconds: number | null): void {
    const { aiBarred, aiTakeoverAt, waitingSince } = tx.need('conversations', id);
    this.wait(tx, id, at);
    if (seconds === null || aiBarred || aiTakeoverAt !== null) return;
    const due = (waitingSince ?? at) + seconds * SECOND;
    change(tx, id, { aiTakeoverAt: due });
    tx.alarm('takeover', id, due);
  }

  private ask(tx: Tx, id: string): void {
    const { waitingSince, epoch } = tx.need('conversations', id);
    if (waitingSince !== null) tx.publish({ type: 'conversation.awaits-ai', subject: id, data: { epoch } });
  }
}

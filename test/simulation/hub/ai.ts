import {
  isAiTurn,
  mayStillAnswer,
  SEEN_TO,
  type Turn,
} from '../../../libs/conversations/src/ai-turn.domain.js';
import type { Host, Work } from '../host.js';
import type { Tx } from '../store.js';
import type { Conversations } from './conversations.js';
import type { Handling } from './handling.js';
import type { Ground } from './ground.js';
import type { Sends } from './sends.js';

interface View extends Turn {
  readonly id: string;
}

const askedIn = (tx: Tx, id: string): string =>
  tx
    .all('messages')
    .filter(
      ({ conversation, author, wish }) =>
        conversation === id && author === 'customer' && !SEEN_TO.includes(wish ?? ''),
    )
    .toSorted((a, b) => (b.place ?? 0) - (a.place ?? 0))[0]?.id ?? '';

/** The AI's turns: it reads, thinks slowly outside of any transaction, and speaks only if nothing changed. */
export class Ai {
  private readonly ground: Ground;
  private readonly sends: Sends;
  private readonly handling: Handling;
  private readonly conversations: Conversations;

  constructor(ground: Ground, sends: Sends, handling: Handling, conversations: Conversations) {
    this.ground = ground;
    this.sends = sends;
    this.handling = handling;
    this.conversations = conversations;
  }

  *turn(host: Host, eventId: string): Work {
    const { store, world } = this.ground;
    const view = yield* store.transaction(host, (tx) => this.read(tx, eventId));
    if (view === null) return;
    yield world.random.between(200, world.random.chance(0.2) ? 25_000 : 3_000);
    const isSilent = world.buggify('ai-fails');
    yield* store.transaction(host, (tx) => this.answer(tx, view, isSilent));
  }

  private read(tx: Tx, eventId: string): View | null {
    const { subject: id, data } = tx.need('log', eventId);
    const epoch = Number(data['epoch']);
    return isAiTurn(tx.need('conversations', id), epoch) ? { id, epoch, asked: askedIn(tx, id) } : null;
  }

  private answer(tx: Tx, { id, epoch, asked }: View, isHandOff: boolean): void {
    const isStale = !mayStillAnswer(tx.need('conversations', id), askedIn(tx, id), { epoch, asked });
    this.ground.world.sometimes("an AI's answer was stale", isStale);
    if (isStale) return;
    tx.notes.push({ kind: 'spoke', thoughtIn: epoch, conversation: tx.need('conversations', id) });
    const contact = tx.need('contacts', id);
    if (isHandOff) {
      this.conversations.hold(tx, contact, asked);
      this.handling.apply(tx, id, 'escalated', tx.now);
      return;
    }
    const text = { contact, author: 'ai', purpose: 'reply', body: 'When may we come?' } as const;
    const { refusal } = this.sends.queue(tx, { ...text, intent: `ai:${id}:${epoch}:${asked}`, epoch });
    this.ground.world.sometimes('an AI answered', refusal === null);
    this.handling.answered(tx, id);
  }
}

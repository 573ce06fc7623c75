import { Injectable } from '@nestjs/common';
import { Contacts, type KnownContact } from '#libs/contacts';
import { Db, Tx } from '#libs/platform';

import { isAiTurn, mayStillAnswer, SEEN_TO } from './ai-turn.domain.js';
import type { Conversation } from './conversation.entity.js';
import { HandlerSteps } from './handler/handler-steps.js';
import { AiSpeech, type AiAnswer, type AiOutcome } from './ai-speech.js';
import { Thread } from './thread.js';

/** A line of the thread as an AI reads it; oldest first. */
export interface ThreadLine {
  readonly messageId: string;
  readonly author: 'customer' | 'human' | 'ai' | 'system';
  readonly text: string;
  readonly at: Date;
}

/** A conversation that the AI holds, as it was when it was read. */
export interface AiView {
  readonly conversation: Conversation;
  readonly contact: KnownContact;
  readonly lines: readonly ThreadLine[];
  /** The customer's newest text that asks for something. */
  readonly asked: string;
}

const MOST_LINES = 60;
const LINES = `
  select * from (
    select m.id as "messageId", m.author, m.body as text, m.created_at as at, e.seq from conversation_entries e
    join messages m on m.tenant_id = e.tenant_id and m.id = e.message_id
    where e.tenant_id = $1 and e.conversation_id = $2 and e.kind = 'message' and m.status not in ('suppressed', 'canceled')
    order by e.seq desc limit $3) newest
  order by seq`;
const ASKED = `
  select m.id from conversation_entries e join messages m on m.tenant_id = e.tenant_id and m.id = e.message_id
  where e.tenant_id = $1 and e.conversation_id = $2 and e.kind = 'message' and m.author = 'customer'
    and (m.wish is null or m.wish <> all($3)) order by e.seq desc limit 1`;
const LEAD = `update conversations set lead = lead || jsonb_strip_nulls($3::jsonb) where tenant_id = $1 and id = $2`;

/** The AI's door to a conversation: it reads, thinks outside of any lock, and speaks only if nothing changed. */
@Injectable()
export class AiThread {
  constructor(
    private readonly db: Db,
    private readonly thread: Thread,
    private readonly contacts: Contacts,
    private readonly steps: HandlerSteps,
    private readonly speech: AiSpeech,
  ) {}

  /** The conversation, while the AI holds it in this epoch and somebody waits; null otherwise. */
  read(tenantId: string, id: string, epoch: number): Promise<AiView | null> {
    return this.db.transaction(tenantId, async (tx) => {
      const contact = await this.contacts.hold(tx, await this.thread.contactOf(tx, id));
      const conversation = await this.steps.takeFromAi(tx, await this.thread.lock(tx, id));
      if (!isAiTurn(conversation, epoch)) return null;
      const lines = await tx.query<ThreadLine & Record<string, unknown>>(LINES, [tenantId, id, MOST_LINES]);
      return { conversation, contact, lines, asked: await this.asked(tx, id) };
    });
  }

  /**
   * Says the answer, unless the turn is over, the AI is off, or the customer asked more meanwhile: then it is dropped.
   * @param view what the answer was thought about
   */
  answer(tenantId: string, view: AiView, answer: AiAnswer): Promise<AiOutcome> {
    const { asked, conversation } = view;
    const { id, epoch } = conversation;
    return this.db.transaction(tenantId, async (tx) => {
      const contact = await this.contacts.hold(tx, view.contact.id);
      const now = await this.steps.takeFromAi(tx, await this.thread.lock(tx, id));
      if (!mayStillAnswer(now, await this.asked(tx, id), { epoch, asked })) return 'stale';
      tx.send(LEAD, [tenantId, id, JSON.stringify(answer.lead)]);
      const spoke = await this.speech.speak(tx, now, contact, { ...answer, answers: asked });
      if (answer.action !== 'handoff' || answer.text !== null) this.steps.answered(tx, id);
      if (answer.action === 'handoff') await this.steps.apply(tx, now, 'escalated', now.createdAt);
      return spoke;
    });
  }

  private async asked(tx: Tx, id: string): Promise<string> {
    const newest = await tx.one<{ id: string }>(ASKED, [tx.tenantId, id, SEEN_TO]);
    return newest?.id ?? '';
  }
}

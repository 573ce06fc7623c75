import { Injectable } from '@nestjs/common';
import { Contacts, type KnownContact } from '#libs/contacts';
import { Db, Tx } from '#libs/platform';

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
}

const isHeldByAi = ({ handler, epoch, status }: Conversation, inEpoch: number): boolean =>
  handler === 'ai' && epoch === inEpoch && status === 'open';

const MOST_LINES = 60;
const LINES = `
  select * from (
    select m.id as "messageId", m.author, m.body as text, m.created_at as at, e.seq from conversation_entries e
    join messages m on m.tenant_id = e.tenant_id and m.id = e.message_id
    where e.tenant_id = $1 and e.conversation_id = $2 and e.kind = 'message' and m.status not in ('suppressed', 'canceled')
    order by e.seq desc limit $3) newest
  order by seq`;
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
      const conversation = await this.thread.lock(tx, id);
      if (!isHeldByAi(conversation, epoch) || conversation.waitingSince === null) return null;
      const lines = await tx.query<ThreadLine & Record<string, unknown>>(LINES, [tenantId, id, MOST_LINES]);
      return { conversation, contact, lines };
    });
  }

  /**
   * Says the answer, unless the epoch moved on or the customer wrote more meanwhile: then it is dropped.
   * @param view what the answer was thought about
   */
  answer(tenantId: string, view: AiView, answer: AiAnswer): Promise<AiOutcome> {
    const { id, epoch } = view.conversation;
    const last = view.lines.at(-1)?.messageId ?? '';
    return this.db.transaction(tenantId, async (tx) => {
      const contact = await this.contacts.hold(tx, view.contact.id);
      const now = await this.thread.lock(tx, id);
      if (!isHeldByAi(now, epoch) || (await this.newest(tx, id)) !== last) return 'stale';
      tx.send(LEAD, [tenantId, id, JSON.stringify(answer.lead)]);
      const spoke = await this.speech.speak(tx, now, contact, { ...answer, answers: last });
      if (answer.action !== 'handoff' || answer.text !== null) this.steps.answered(tx, id);
      if (answer.action === 'handoff') await this.steps.apply(tx, now, 'escalated', now.createdAt);
      return spoke;
    });
  }

  private async newest(tx: Tx, id: string): Promise<string | undefined> {
    const [line] = await tx.query<ThreadLine & Record<string, unknown>>(LINES, [tx.tenantId, id, 1]);
    return line?.messageId;
  }
}

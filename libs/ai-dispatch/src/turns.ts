import { Injectable } from '@nestjs/common';
import { AiThread, type AiOutcome, type AiView } from '#libs/conversations';
import { Events } from '#libs/durable';
import { Db, newId, Tx } from '#libs/platform';
import { Routing, type KnownTenant } from '#libs/tenants';

import { disclosed } from './answer-guard.domain.js';
import { DispatcherPanel, type Thought } from './dispatcher-panel.js';

const KEEP = `
  insert into ai_turns (id, tenant_id, conversation_id, epoch, answers, status, dispatcher, tried)
  values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`;

/** The AI's turns: read the thread, ask the dispatchers in order, guard the answer, say it if nothing changed. */
@Injectable()
export class Turns {
  constructor(
    private readonly db: Db,
    private readonly events: Events,
    private readonly routing: Routing,
    private readonly thread: AiThread,
    private readonly panel: DispatcherPanel,
  ) {}

  /** Whether a turn of this tenant may take seconds, for somebody else thinks. */
  asksOutside(tenantId: string): boolean {
    const tenant = this.routing.tenant(tenantId);
    return tenant !== undefined && this.panel.asksOutside(tenant);
  }

  /** Takes the turn of this epoch, unless it is over. */
  async take(tenantId: string, conversationId: string, epoch: number): Promise<void> {
    const view = await this.thread.read(tenantId, conversationId, epoch);
    if (view !== null) await this.answer(tenantId, view);
  }

  private async answer(tenantId: string, view: AiView): Promise<void> {
    const tenant = this.routing.tenant(tenantId);
    const number = this.routing.routeOf(view.conversation.phoneNumberId)?.number.number;
    if (tenant === undefined || number === undefined)
      throw new Error('The tenant of this conversation is not known here yet.');
    const thought = await this.panel.think({ tenant, calledNumber: number, view });
    const said = this.withDisclosure(thought, tenant, view);
    await this.db.transaction(tenantId, async (tx) => {
      const outcome = await this.thread.answer(tenantId, view, said);
      this.note(tx, view, thought, outcome);
    });
  }

  /** The built-in says what it is in its own words. */
  private withDisclosure(thought: Thought, tenant: KnownTenant, { lines, contact }: AiView): Thought {
    if (thought.dispatcher === 'builtin') return thought;
    const first = !lines.some(({ author }) => author === 'ai');
    if (thought.text === null || !first || !tenant.settings.aiDisclosure) return thought;
    return {
      ...thought,
      text: disclosed(thought.text, (contact.language ?? tenant.language) === 'es' ? 'es' : 'en'),
    };
  }

  private note(
    tx: Tx,
    { conversation, asked }: AiView,
    { dispatcher, tried }: Thought,
    outcome: AiOutcome,
  ): void {
    const { id, epoch } = conversation;
    tx.send(KEEP, [newId(), tx.tenantId, id, epoch, asked, outcome, dispatcher, JSON.stringify(tried)]);
    if (tried.length === 0) return;
    const data = { conversationId: id, tried, answeredBy: dispatcher };
    this.events.publish(tx, { type: 'ai.dispatcher-failed', subjectId: id, data });
  }
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AiThread, type AiOutcome, type AiView } from '#libs/conversations';
import { Events, Jobs } from '#libs/durable';
import { Db, Log, newId } from '#libs/platform';
import { Routing, type KnownTenant } from '#libs/tenants';

import { disclosed, guard } from './answer-guard.domain.js';
import { BuiltinDispatcher } from './builtin.dispatcher.js';
import { DispatchBotDispatcher } from './dispatch-bot.dispatcher.js';
import type { DispatchAnswer } from './dispatch.domain.js';
import type { Dispatcher, DispatchRequest } from './dispatcher.js';

/** At most so many slow answers are waited for at once, so that jobs which customers wait for find a place. */
const AT_ONCE = 8;
const LATER_MS = 500;

interface Tried {
  readonly dispatcher: string;
  readonly error: string;
}

interface Thought extends DispatchAnswer {
  readonly dispatcher: string;
  readonly tried: readonly Tried[];
}

const KEEP = `
  insert into ai_turns (id, tenant_id, conversation_id, epoch, answers, status, dispatcher, tried)
  values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`;

/** What the turns stand on. */
@Injectable()
export class TurnGround {
  constructor(
    readonly events: Events,
    readonly jobs: Jobs,
    readonly routing: Routing,
  ) {}
}

/** The dispatchers in their order: the tenant's own, or the first configured; the built-in is always the last. */
@Injectable()
export class DispatcherPanel {
  constructor(
    private readonly bot: DispatchBotDispatcher,
    private readonly builtin: BuiltinDispatcher,
    private readonly log: Log,
  ) {}

  /** The first fit answer. A failure never means silence: the next one is asked. */
  async think(request: DispatchRequest): Promise<Thought> {
    const tried: Tried[] = [];
    for (const dispatcher of this.orderFor(request.tenant)) {
      try {
        const guarded = guard(await dispatcher.ask(request));
        if (guarded.kind === 'fit') return { ...guarded.answer, dispatcher: dispatcher.name, tried };
        tried.push({ dispatcher: dispatcher.name, error: `refused: ${guarded.reason}` });
      } catch (error) {
        this.log.warn('a dispatcher failed: the next one answers', {
          dispatcher: dispatcher.name,
          error: String(error),
        });
        tried.push({ dispatcher: dispatcher.name, error: String(error).slice(0, 200) });
      }
    }
    const lead = { name: null, address: null, jobType: null, urgency: null, summary: null };
    return { action: 'handoff', text: null, lead, asked: null, dispatcher: 'none', tried };
  }

  private orderFor({ settings }: KnownTenant): readonly Dispatcher[] {
    const useBot = this.bot.configured && settings.dispatcher !== 'builtin';
    return useBot ? [this.bot, this.builtin] : [this.builtin];
  }
}

/** The AI's turns: read the thread, ask the dispatchers in order, guard the answer, say it if nothing changed. */
@Injectable()
export class Turns implements OnModuleInit {
  private thinking = 0;

  constructor(
    private readonly ground: TurnGround,
    private readonly thread: AiThread,
    private readonly panel: DispatcherPanel,
    private readonly db: Db,
  ) {}

  onModuleInit(): void {
    const take = (tenantId: string, id: unknown, epoch: unknown): Promise<void> =>
      this.take(tenantId, String(id), Number(epoch));
    this.ground.events.subscribe(
      'ai-dispatch.turn',
      ['conversation.awaits-ai'],
      ({ tenantId, data }) => take(tenantId, data['conversationId'], data['epoch']),
      { priority: -5, slow: true },
    );
    this.ground.jobs.handle('ai-dispatch.turn', ({ tenantId = '', conversationId, epoch }) =>
      take(tenantId, conversationId, epoch),
    );
  }

  private async take(tenantId: string, conversationId: string, epoch: number): Promise<void> {
    if (this.thinking >= AT_ONCE) return this.later(tenantId, conversationId, epoch);
    this.thinking += 1;
    try {
      const view = await this.thread.read(tenantId, conversationId, epoch);
      if (view !== null) await this.answer(tenantId, view);
    } finally {
      this.thinking -= 1;
    }
  }

  private async answer(tenantId: string, view: AiView): Promise<void> {
    const tenant = this.ground.routing.tenant(tenantId);
    const number = this.ground.routing.routeOf(view.conversation.phoneNumberId)?.number.number;
    if (tenant === undefined || number === undefined)
      throw new Error('The tenant of this conversation is not known here yet.');
    const thought = await this.panel.think({ tenant, calledNumber: number, view });
    const outcome = await this.thread.answer(tenantId, view, this.withDisclosure(thought, tenant, view));
    await this.note(tenantId, view, thought, outcome);
  }

  private withDisclosure(thought: Thought, tenant: KnownTenant, { lines, contact }: AiView): Thought {
    const first = !lines.some(({ author }) => author === 'ai');
    if (thought.text === null || !first || !tenant.settings.aiDisclosure) return thought;
    return {
      ...thought,
      text: disclosed(thought.text, (contact.language ?? tenant.language) === 'es' ? 'es' : 'en'),
    };
  }

  private async note(
    tenantId: string,
    { conversation, lines }: AiView,
    thought: Thought,
    outcome: AiOutcome,
  ): Promise<void> {
    const { id, epoch } = conversation;
    const values = [
      newId(),
      tenantId,
      id,
      epoch,
      lines.at(-1)?.messageId,
      outcome,
      thought.dispatcher,
      JSON.stringify(thought.tried),
    ];
    await this.db.transaction(tenantId, async (tx) => {
      await tx.query(KEEP, values);
      if (thought.tried.length === 0) return;
      const data = { conversationId: id, tried: thought.tried, answeredBy: thought.dispatcher };
      await this.ground.events.publish(tx, { type: 'ai.dispatcher-failed', subjectId: id, data });
    });
  }

  private async later(tenantId: string, conversationId: string, epoch: number): Promise<void> {
    const payload = { tenantId, conversationId, epoch: String(epoch) };
    await this.db.transaction(tenantId, (tx) =>
      this.ground.jobs.add(tx, 'ai-dispatch.turn', payload, { inMs: LATER_MS }),
    );
  }
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Events, Jobs } from '#libs/durable';
import { Db } from '#libs/platform';

import { Turns } from './turns.js';

/** At most so many slow answers are waited for at once, so that jobs which customers wait for find a place. */
const SLOW_AT_ONCE = 8;
const LATER_MS = 500;
const SPREAD_MS = 1_000;

/** Takes a turn when a conversation awaits the AI. */
@Injectable()
export class TurnsListener implements OnModuleInit {
  private slow = 0;

  constructor(
    private readonly db: Db,
    private readonly events: Events,
    private readonly jobs: Jobs,
    private readonly turns: Turns,
  ) {}

  onModuleInit(): void {
    const take = (tenantId: string, id: unknown, epoch: unknown): Promise<void> =>
      this.take(tenantId, String(id), Number(epoch));
    this.events.subscribe(
      'ai-dispatch.turn',
      ['conversation.awaits-ai'],
      ({ tenantId, data }) => take(tenantId, data['conversationId'], data['epoch']),
      { priority: -5, slow: true },
    );
    this.jobs.handle('ai-dispatch.turn', ({ tenantId = '', conversationId, epoch }) =>
      take(tenantId, conversationId, epoch),
    );
  }

  private async take(tenantId: string, conversationId: string, epoch: number): Promise<void> {
    if (!this.turns.asksOutside(tenantId)) return this.turns.take(tenantId, conversationId, epoch);
    if (this.slow >= SLOW_AT_ONCE) return this.later(tenantId, conversationId, epoch);
    this.slow += 1;
    try {
      await this.turns.take(tenantId, conversationId, epoch);
    } finally {
      this.slow -= 1;
    }
  }

  private async later(tenantId: string, conversationId: string, epoch: number): Promise<void> {
    const payload = { tenantId, conversationId, epoch: String(epoch) };
    const inMs = LATER_MS + Math.random() * SPREAD_MS;
    await this.db.transaction(tenantId, (tx) => this.jobs.add(tx, 'ai-dispatch.turn', payload, { inMs }));
  }
}

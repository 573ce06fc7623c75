import { Injectable } from '@nestjs/common';
import { Log } from '#libs/platform';
import type { KnownTenant } from '#libs/tenants';

import { guard } from './answer-guard.domain.js';
import { BuiltinDispatcher } from './builtin/builtin.dispatcher.js';
import { DispatchBotDispatcher } from './dispatch-bot.dispatcher.js';
import type { DispatchAnswer } from './dispatch.domain.js';
import type { Dispatcher, DispatchRequest } from './dispatcher.js';
import { keepable } from './keepable.domain.js';

/** It may quote what the dispatcher answered. */
const LONGEST_ERROR = 200;

interface Tried {
  readonly dispatcher: string;
  readonly error: string;
}

/** An answer, who gave it, and who failed before. */
export interface Thought extends DispatchAnswer {
  readonly dispatcher: string;
  readonly tried: readonly Tried[];
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
        tried.push({ dispatcher: dispatcher.name, error: keepable(String(error), LONGEST_ERROR) });
      }
    }
    const lead = { name: null, address: null, jobType: null, urgency: null, summary: null };
    return { action: 'handoff', text: null, lead, asked: null, dispatcher: 'none', tried };
  }

  /** Whether this tenant's answers come from outside, and may take seconds. */
  asksOutside(tenant: KnownTenant): boolean {
    return this.orderFor(tenant)[0] !== this.builtin;
  }

  private orderFor({ settings }: KnownTenant): readonly Dispatcher[] {
    const useBot = this.bot.configured && settings.dispatcher !== 'builtin';
    return useBot ? [this.bot, this.builtin] : [this.builtin];
  }
}

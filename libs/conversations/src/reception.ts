import { Injectable } from '@nestjs/common';
import type { KnownContact } from '#libs/contacts';
import { Tx } from '#libs/platform';
import type { Message } from '#libs/sms';

import { emergencyOf } from './emergency.domain.js';
import { FixedTexts } from './fixed-texts.js';
import { HandlerSteps } from './handler/handler-steps.js';
import type { Row } from './thread.js';

/** A customer's text as the thread knows it. */
export type ThreadedText = Pick<Message, 'id' | 'body' | 'wish' | 'answeredByTwilio' | 'createdAt'> &
  Record<string, unknown>;

/** A text that was just threaded, and what is known around it. */
export interface Arrival {
  readonly conversation: Row;
  readonly contact: KnownContact;
  readonly text: ThreadedText;
}

/** What one text means for its conversation. */
@Injectable()
export class Reception {
  constructor(
    private readonly steps: HandlerSteps,
    private readonly fixed: FixedTexts,
  ) {}

  /** Takes the step that the text asks for: a keyword, an emergency, or simply somebody waiting. */
  async take(tx: Tx, arrival: Arrival): Promise<void> {
    const { conversation, contact, text } = arrival;
    switch (text.wish) {
      case 'stop':
      case 'opt-out':
        await this.steps.apply(tx, conversation, 'opted-out', text.createdAt);
        this.steps.answered(tx, conversation.id);
        return this.fixed.confirmOptOut(tx, arrival);
      case 'help':
        return text.answeredByTwilio || contact.optedOutAt !== null
          ? undefined
          : this.fixed.help(tx, arrival);
      case 'start':
        return;
      case 'ambiguous':
        return this.bar(tx, arrival);
      case null:
        return this.wrote(tx, arrival);
    }
  }

  private async wrote(tx: Tx, arrival: Arrival): Promise<void> {
    const { conversation, contact, text } = arrival;
    const category = emergencyOf(text.body);
    if (category !== null && contact.optedOutAt === null) {
      await this.bar(tx, arrival);
      return this.fixed.emergency(tx, arrival, category);
    }
    if (contact.optedOutAt !== null || contact.blocked) return;
    await this.steps.apply(tx, conversation, 'customer-wrote', text.createdAt);
  }

  /** To a human, with no timer and no automatic text. */
  private async bar(tx: Tx, { conversation, text }: Arrival): Promise<void> {
    this.steps.bar(tx, conversation.id, true);
    const after = await this.steps.apply(tx, { ...conversation, aiBarred: true }, 'barred', text.createdAt);
    this.steps.wait(tx, after.id, text.createdAt);
  }
}

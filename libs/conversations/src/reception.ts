import { Injectable } from '@nestjs/common';
import type { KnownContact } from '#libs/contacts';
import { Tx } from '#libs/platform';
import type { Message } from '#libs/sms';

import { emergencyOf } from './emergency.domain.js';
import { FixedTexts } from './fixed-texts.js';
import { HandlerSteps } from './handler/handler-steps.js';
import { meaningOf, type Meaning } from './reception.domain.js';
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

  /** Takes the step that the text asks for, and says the fixed text that answers it. */
  async take(tx: Tx, arrival: Arrival): Promise<void> {
    const { contact, text } = arrival;
    const { optedOutAt, blocked } = contact;
    const emergency = text.wish === null ? emergencyOf(text.body) : null;
    const { step, says } = meaningOf({
      ...text,
      optedOut: optedOutAt !== null,
      blocked,
      isEmergency: emergency !== null,
    });
    await this.step(tx, arrival, step);
    if (says === 'opt-out-confirmation') await this.fixed.confirmOptOut(tx, arrival);
    if (says === 'help') await this.fixed.help(tx, arrival);
    if (says === 'emergency') await this.fixed.emergency(tx, arrival, emergency ?? '');
  }

  private async step(tx: Tx, { conversation, text }: Arrival, step: Meaning['step']): Promise<void> {
    if (step === null) return;
    if (step === 'barred') return this.bar(tx, { conversation, text });
    await this.steps.apply(tx, conversation, step, text.createdAt);
    if (step === 'opted-out') this.steps.answered(tx, conversation.id);
  }

  /** To a human, with no timer and no automatic text. */
  private async bar(tx: Tx, { conversation, text }: Pick<Arrival, 'conversation' | 'text'>): Promise<void> {
    this.steps.bar(tx, conversation.id, true);
    const after = await this.steps.apply(tx, { ...conversation, aiBarred: true }, 'barred', text.createdAt);
    this.steps.wait(tx, after.id, text.createdAt);
  }
}

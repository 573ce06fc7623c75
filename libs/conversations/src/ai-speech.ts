import { Injectable } from '@nestjs/common';
import type { KnownContact } from '#libs/contacts';
import { Tx } from '#libs/platform';
import { Sms } from '#libs/sms';

import type { Conversation, Lead } from './conversation.entity.js';
import { FixedTexts } from './fixed-texts.js';
import { Thread } from './thread.js';

/** What the AI came to. `text` null says nothing. */
export interface AiAnswer {
  readonly action: 'reply' | 'handoff' | 'close';
  readonly text: string | null;
  readonly lead: Lead;
}

/** What became of an answer: `stale` when a human, the customer or an opt-out came first. */
export type AiOutcome = 'answered' | 'silent' | 'stale';

/** The AI's words, through the one door out. */
@Injectable()
export class AiSpeech {
  constructor(
    private readonly thread: Thread,
    private readonly sms: Sms,
    private readonly fixed: FixedTexts,
  ) {}

  /** Queues the AI's text; a hand-off without words says once that a person follows. */
  async speak(
    tx: Tx,
    conversation: Conversation,
    contact: KnownContact,
    { text, action, answers }: AiAnswer & { readonly answers: string },
  ): Promise<AiOutcome> {
    if (text === null || text === '') {
      if (action === 'handoff')
        await this.fixed.hold(tx, { conversation, contact, text: { id: answers, body: '' } });
      return 'silent';
    }
    const { message, refusal } = await this.sms.send(tx, {
      conversationId: conversation.id,
      contact,
      phoneNumberId: conversation.phoneNumberId,
      author: 'ai',
      purpose: 'reply',
      body: text,
      dedupKey: `ai:${conversation.id}:${conversation.epoch}:${answers}`,
      epoch: conversation.epoch,
    });
    this.thread.append(tx, conversation.id, { kind: 'message', messageId: message.id });
    return refusal === null ? 'answered' : 'silent';
  }
}

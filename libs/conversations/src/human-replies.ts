import { Injectable } from '@nestjs/common';
import { Db, Invalid } from '#libs/platform';
import { messageView, type MessageView } from '#libs/sms';

import type { ReplyBody, SendMessageBody } from './conversation.dto.js';
import { HandlerSteps } from './handler/handler-steps.js';
import { ReplyDesk } from './reply-desk.js';

const LONGEST_AHEAD_DAYS = 35;

/** What people of the business write; whoever writes now takes the conversation over, a scheduled text does not. */
@Injectable()
export class HumanReplies {
  constructor(
    private readonly db: Db,
    private readonly steps: HandlerSteps,
    private readonly desk: ReplyDesk,
  ) {}

  /**
   * A reply in a conversation.
   * @param given `intent`: the same again is the same reply
   * @throws NotFound, Rejected
   */
  reply(
    tenantId: string,
    conversationId: string,
    given: ReplyBody & { readonly intent: string },
  ): Promise<MessageView> {
    return this.db.transaction(tenantId, async (tx) => {
      const { contact, conversation } = await this.desk.locked(tx, conversationId);
      const reply = { ...given, purpose: 'reply' } as const;
      const { message, isNew } = await this.desk.send(tx, conversation, contact, reply);
      if (!isNew) return messageView(message);
      await this.steps.apply(tx, conversation, 'human-wrote', message.createdAt);
      this.steps.answered(tx, conversationId);
      return messageView(message);
    });
  }

  /**
   * A text to anybody; opens or joins the conversation.
   * @param given `intent`: the same again is the same text
   * @throws Rejected, Invalid
   */
  async write(tenantId: string, given: SendMessageBody & { readonly intent: string }): Promise<MessageView> {
    const sendAt = given.sendAt === undefined ? null : new Date(given.sendAt);
    this.desk.checkDestination(given.to);
    return this.db.transaction(tenantId, async (tx) => {
      const number = await this.desk.senderFor(tx, given.from ?? null, given.to);
      const { contact, conversation } = await this.desk.opened(tx, number, given.to);
      const purpose = sendAt === null ? 'reply' : 'scheduled';
      const { message, isNew } = await this.desk.send(tx, conversation, contact, {
        ...given,
        purpose,
        ...(sendAt === null ? {} : { at: sendAt }),
      });
      if (!isNew) return messageView(message);
      if (sendAt !== null) this.checkTime(sendAt, await tx.now());
      else {
        await this.steps.apply(tx, conversation, 'human-wrote', message.createdAt);
        this.steps.answered(tx, conversation.id);
      }
      return messageView(message);
    });
  }

  private checkTime(sendAt: Date, now: Date): void {
    const days = (sendAt.getTime() - now.getTime()) / 86_400_000;
    if (days > 0 && days <= LONGEST_AHEAD_DAYS) return;
    const message = `takes a time in the future, up to ${LONGEST_AHEAD_DAYS} days ahead`;
    throw new Invalid(`sendAt ${message}.`, [{ path: 'sendAt', message }]);
  }
}

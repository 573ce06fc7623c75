import { Injectable } from '@nestjs/common';
import { Events } from '#libs/durable';
import { Log, Metrics, Tx } from '#libs/platform';

import type { Message } from '../message.entity.js';
import { messageEvent } from '../message-view.js';

/** Tells the world of a text's fate: the event log, and for a held one whoever watches the hub. */
@Injectable()
export class SendNews {
  constructor(
    private readonly events: Events,
    private readonly log: Log,
    private readonly metrics: Metrics,
  ) {}

  announce(tx: Tx, type: 'message.sent' | 'message.status', message: Message): void {
    this.events.publish(tx, { type, subjectId: message.id, data: messageEvent(message) });
  }

  /** Counts what a request came to. */
  answered(outcome: string): void {
    this.metrics.texts.inc({ outcome });
  }

  /** The answer is known and the database is not there to keep it. */
  notSettled(messageId: string, error: string): void {
    this.log.warn('the end of a send could not be written down, and is tried again', { messageId, error });
  }

  /** Nobody can tell whether it left: somebody is to decide. Names no number and no text. */
  held({ id, tenantId, conversationId }: Message, why: string): void {
    this.metrics.heldTexts.inc();
    this.log.warn(
      'a text is held: nobody can tell whether it left. GET /v1/messages?status=held lists them',
      {
        messageId: id,
        tenantId,
        conversationId,
        why,
      },
    );
  }
}

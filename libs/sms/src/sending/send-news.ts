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

  /** Attempts that were committed are gone: a backup was restored. Nothing is sent until Twilio's lists were compared. */
  wentBack(numbers: { readonly known: number; readonly found: number }): void {
    this.metrics.restores.inc();
    this.log.error(
      'the database went back in time: sends wait until they were compared with Twilio',
      undefined,
      numbers,
    );
  }

  reconciled(accountSid: string): void {
    this.log.info('what was sent was compared with Twilio: the account sends again', { accountSid });
  }

  notReconciled(accountSid: string, error: string): void {
    this.log.warn('what was sent cannot be compared with Twilio yet: the account does not send', {
      accountSid,
      error,
    });
  }
}

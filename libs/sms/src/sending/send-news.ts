import { Injectable } from '@nestjs/common';
import { Events } from '#libs/durable';
import { Log, Metrics, Tx } from '#libs/platform';

import type { Message } from '../message.entity.js';
import { messageEvent } from '../message-view.js';

/** Tells the world of a text's fate: the event log, and for a held one whoever watches the hub. */
@Injectable()
export class SendNews {
  /** By account, why its list could not be had since it last was. */
  private readonly unlisted = new Map<string, Set<string>>();

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

  /** Twilio does not give an account's list, so its doubtful texts cannot be settled: said once for each cause. */
  notListed(accountSid: string, error: unknown): void {
    const causes = this.unlisted.get(accountSid) ?? new Set();
    this.unlisted.set(accountSid, causes);
    if (causes.has(String(error))) return;
    causes.add(String(error));
    this.log.error(
      "Twilio's list of messages cannot be had: texts whose end nobody knows will be held",
      error,
      {
        accountSid,
      },
    );
  }

  listed(accountSid: string): void {
    this.unlisted.delete(accountSid);
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

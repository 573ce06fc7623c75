import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Db, Metrics } from '#libs/platform';
import { Telephony } from '#libs/twilio';

import { Outgoing } from './outgoing.js';
import { SendAlarm } from './send-alarm.js';

/** Hands queued texts to the carrier: the attempt is committed first, the request comes after. */
@Injectable()
export class Sender implements OnModuleInit {
  constructor(
    private readonly db: Db,
    private readonly alarm: SendAlarm,
    private readonly outgoing: Outgoing,
    private readonly telephony: Telephony,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    this.alarm.onDue((tenantId, conversationId) => this.deliver(tenantId, conversationId));
  }

  /** Sends the conversation's oldest due text, if one is due and none is on its way. */
  async deliver(tenantId: string, conversationId: string): Promise<void> {
    const attempt = await this.db.transaction(tenantId, (tx) => this.outgoing.claim(tx, conversationId));
    if (attempt === null) return;
    const outcome = await this.telephony.send(attempt.text);
    this.metrics.texts.inc({ outcome: outcome.kind });
    await this.db.transaction(tenantId, (tx) =>
      this.outgoing.settle(tx, attempt.message, attempt.id, outcome),
    );
  }
}

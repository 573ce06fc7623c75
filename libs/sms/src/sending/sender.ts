import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Db, uniqueViolation } from '#libs/platform';
import type { Berth } from '#libs/twilio';

import { Handover, openedNow } from './handover.js';
import { Outgoing, type Departure } from './outgoing.js';
import { SendAlarm } from './send-alarm.js';

const ONE_UNDER_WAY = 'messages_one_under_way';

/**
 * Hands queued texts to the carrier: the attempt is committed first, the request comes after. The job ends with the
 * commit, so that a slow carrier keeps no other job waiting; the request lingers.
 */
@Injectable()
export class Sender implements OnModuleInit {
  constructor(
    private readonly db: Db,
    private readonly alarm: SendAlarm,
    private readonly outgoing: Outgoing,
    private readonly handover: Handover,
  ) {}

  onModuleInit(): void {
    this.alarm.onDue((tenantId, conversationId) => this.deliver(tenantId, conversationId));
  }

  /** Sends the conversation's oldest due text, if one is due, none is on its way, and there is a berth. */
  async deliver(tenantId: string, conversationId: string): Promise<void> {
    const berth = this.handover.berth();
    const opened = openedNow();
    const departure = await this.claim(tenantId, conversationId, berth).catch((error: unknown) => {
      berth.leave();
      throw error;
    });
    if (departure === null) return berth.leave();
    this.alarm.linger(this.handover.hand(tenantId, departure, opened).finally(() => berth.leave()));
  }

  /** Null as well when somebody opened another attempt of the conversation in the same moment: they wake the next. */
  private async claim(tenantId: string, conversationId: string, berth: Berth): Promise<Departure | null> {
    try {
      return await this.db.transaction(tenantId, (tx) => this.outgoing.claim(tx, conversationId, berth));
    } catch (error) {
      if (uniqueViolation(error) === ONE_UNDER_WAY) return null;
      throw error;
    }
  }
}

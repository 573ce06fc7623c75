import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Db, uniqueViolation } from '#libs/platform';
import type { Berth } from '#libs/twilio';

import { RestoreGuard, Unverified, type Standing } from '../restore/restore-guard.js';
import { isFresh, openedNow } from './freshness.js';
import { Handover } from './handover.js';
import { Outgoing, type Departure } from './outgoing.js';
import { SendAlarm } from './send-alarm.js';

const ONE_UNDER_WAY = 'messages_one_under_way';

/** On what a claim is made. */
interface Ground {
  readonly berth: Berth;
  readonly standing: Standing;
}

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
    private readonly guard: RestoreGuard,
  ) {}

  onModuleInit(): void {
    this.alarm.onDue((tenantId, conversationId) => this.deliver(tenantId, conversationId));
  }

  /** Sends the conversation's oldest due text, if one is due, none is on its way, and there is a berth. */
  async deliver(tenantId: string, conversationId: string): Promise<void> {
    const berth = this.handover.berth();
    const opened = openedNow();
    const standing = this.guard.standing;
    const departure = await this.claim(tenantId, conversationId, { berth, standing }).catch(
      (error: unknown) => {
        berth.leave();
        throw error;
      },
    );
    if (departure === null) return berth.leave();
    this.guard.saw(departure.claimed);
    const mayLeave = (): boolean => isFresh(opened) && this.guard.holds(standing);
    this.alarm.linger(this.handover.hand(tenantId, departure, mayLeave).finally(() => berth.leave()));
  }

  /** Null as well when somebody opened another attempt of the conversation in the same moment: they wake the next. */
  private async claim(tenantId: string, conversationId: string, ground: Ground): Promise<Departure | null> {
    const made: { departure?: Departure | null } = {};
    try {
      return await this.db.transaction(tenantId, async (tx) => {
        const departure = await this.outgoing.claim(tx, conversationId, ground.berth);
        if (departure !== null) this.guard.admit(ground.standing, departure.claimed);
        return (made.departure = departure);
      });
    } catch (error) {
      if (uniqueViolation(error) === ONE_UNDER_WAY) return null;
      if (error instanceof Unverified) return this.lookFirst(tenantId, conversationId);
      if (made.departure) this.alarm.linger(this.handover.abandon(tenantId, made.departure));
      throw error;
    }
  }

  /** The database may have gone back in time: it is looked at, and the text is next again. */
  private async lookFirst(tenantId: string, conversationId: string): Promise<null> {
    await this.guard.verify();
    await this.db.transaction(tenantId, (tx) => this.alarm.set(tx, conversationId));
    return null;
  }
}

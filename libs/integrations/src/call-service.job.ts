import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Jobs } from '#libs/durable';
import { Db, Log } from '#libs/platform';

import { CallService } from './call-service.js';
import { CallServiceDeliveries, DELIVER, type Claimed } from './call-service-deliveries.js';

/** At most so many are sent at once, so that a slow service leaves the job slots to those whom customers wait for. */
const AT_ONCE = 4;
const LATER_MS = 250;
const SPREAD_MS = 1_500;

/** Sends what is due, a call's events one after the other: claimed first, sent outside of any transaction. */
@Injectable()
export class CallServiceJob implements OnModuleInit {
  private sending = 0;

  constructor(
    private readonly db: Db,
    private readonly jobs: Jobs,
    private readonly deliveries: CallServiceDeliveries,
    private readonly service: CallService,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.jobs.handle(DELIVER, ({ tenantId = '', callId = '' }) => this.take(tenantId, callId));
  }

  private async take(tenantId: string, callId: string): Promise<void> {
    if (this.sending >= AT_ONCE) return this.later(tenantId, callId);
    this.sending += 1;
    try {
      const claimed = await this.db.transaction(tenantId, (tx) => this.deliveries.claim(tx, callId));
      if (claimed !== null) await this.send(tenantId, claimed);
    } finally {
      this.sending -= 1;
    }
  }

  private async send(tenantId: string, claimed: Claimed): Promise<void> {
    const error = await this.service.tell(claimed.kind, claimed.eventId, claimed.body).then(
      () => null,
      (failure: unknown) => String(failure),
    );
    const status = await this.db.transaction(tenantId, async (tx) => {
      if (error !== null) return this.deliveries.failed(tx, claimed, error);
      await this.deliveries.delivered(tx, claimed);
      return 'delivered';
    });
    if (status === 'dead') {
      this.log.error('AS-Call-Service never took an event', error, { tenantId, eventId: claimed.eventId });
    }
  }

  private later(tenantId: string, callId: string): Promise<void> {
    const inMs = LATER_MS + Math.random() * SPREAD_MS;
    return this.db.transaction(tenantId, (tx) => this.deliveries.wake(tx, callId, inMs));
  }
}

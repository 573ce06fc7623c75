import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Events, type DomainEvent } from '#libs/durable';
import { Db } from '#libs/platform';

import { bodyOf, type DeliveryKind, type ToldCall } from './call-service.domain.js';
import { CallService } from './call-service.js';
import { CallServiceDeliveries } from './call-service-deliveries.js';

/** Behind what customers wait for. */
const PRIORITY = 10;

/** Writes down what AS-Call-Service is to be told; without its address, nothing. */
@Injectable()
export class CallServiceListener implements OnModuleInit {
  constructor(
    private readonly db: Db,
    private readonly events: Events,
    private readonly service: CallService,
    private readonly deliveries: CallServiceDeliveries,
  ) {}

  onModuleInit(): void {
    if (!this.service.configured) return;
    this.listen('integrations.call-incoming', 'call.started', 'incoming');
    this.listen('integrations.call-missed', 'call.missed', 'missed');
  }

  private listen(subscriber: string, type: string, kind: DeliveryKind): void {
    this.events.subscribe(subscriber, [type], (event) => this.record(event, kind), { priority: PRIORITY });
  }

  private async record({ id, tenantId, subjectId, data }: DomainEvent, kind: DeliveryKind): Promise<void> {
    const body = bodyOf(kind, tenantId, data as unknown as ToldCall);
    await this.db.transaction(tenantId, (tx) =>
      this.deliveries.record(tx, { eventId: id, callId: subjectId, kind, body }),
    );
  }
}

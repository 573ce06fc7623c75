import { Injectable } from '@nestjs/common';
import { Db, NotFound, pageOf, placeOf, type Page } from '#libs/platform';

import { CallServiceDeliveries } from './call-service-deliveries.js';
import type { CallServiceDeliveryQuery, CallServiceDeliveryView } from './call-service-delivery.dto.js';

interface Row extends Record<string, unknown> {
  readonly id: string;
  readonly callId: string;
  readonly kind: CallServiceDeliveryView['kind'];
  readonly status: CallServiceDeliveryView['status'];
  readonly attempts: number;
  readonly nextAt: Date;
  readonly lastError: string | null;
  readonly at: Date;
}

const LIST = `
  select event_id as id, call_id as "callId", kind, status, attempts, next_at as "nextAt", last_error as "lastError",
    created_at as at
  from call_service_deliveries where tenant_id = $1 and ($2::text is null or status = $2)
    and ($3::timestamptz is null or (created_at, event_id) < ($3, $4::uuid))
  order by created_at desc, event_id desc limit $5`;

const viewOf = ({ at, nextAt, ...row }: Row): CallServiceDeliveryView => ({
  id: row.id,
  callId: row.callId,
  kind: row.kind,
  status: row.status,
  attempts: row.attempts,
  nextAt: row.status === 'pending' ? nextAt.toISOString() : null,
  lastError: row.lastError,
  createdAt: at.toISOString(),
});

/** What AS-Call-Service was told, and what it never took. */
@Injectable()
export class CallServiceDeliveryList {
  constructor(
    private readonly db: Db,
    private readonly deliveries: CallServiceDeliveries,
  ) {}

  /** Deliveries, newest first. */
  async list(
    tenantId: string,
    { status, limit, cursor }: CallServiceDeliveryQuery,
  ): Promise<Page<CallServiceDeliveryView>> {
    const place = placeOf(cursor);
    const values = [tenantId, status ?? null, place?.at ?? null, place?.id ?? null, limit + 1];
    const rows = await this.db.transaction(tenantId, (tx) => tx.query<Row>(LIST, values));
    return pageOf(rows, limit, viewOf);
  }

  /** Tries a dead one again. @throws NotFound */
  async replay(tenantId: string, id: string): Promise<void> {
    const revived = await this.db.transaction(tenantId, (tx) => this.deliveries.revive(tx, id));
    if (!revived) throw new NotFound('dead delivery');
  }
}

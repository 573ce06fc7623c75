import { Injectable } from '@nestjs/common';
import { Jobs } from '#libs/durable';
import { Tx } from '#libs/platform';

import { HOLD_SECONDS, LEASE_SECONDS, waitSeconds, type DeliveryKind } from './call-service.domain.js';

export const DELIVER = 'integrations.call-service';

/** Behind what customers wait for. */
const PRIORITY = 10;

export interface NewDelivery {
  readonly eventId: string;
  readonly callId: string;
  readonly kind: DeliveryKind;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A delivery that was claimed: from here on the service may have heard of it. */
export interface Claimed extends NewDelivery {
  /** This attempt included; whoever settles it names it, so that a late word of an older one changes nothing. */
  readonly attempts: number;
}

const RECORD = `
  insert into call_service_deliveries (tenant_id, event_id, call_id, kind, body) values ($1, $2, $3, $4, $5)
  on conflict (tenant_id, event_id) do nothing
  returning kind = 'missed' and not exists (select 1 from call_service_deliveries i
    where i.tenant_id = $1 and i.call_id = $3 and i.kind = 'incoming') as held`;
/** The call's first pending one, when it is due. The claim is its lease: until then nobody else finds it due. */
const CLAIM = `
  update call_service_deliveries d set attempts = attempts + 1,
    next_at = date_trunc('milliseconds', clock_timestamp()) + make_interval(secs => ${LEASE_SECONDS})
  where tenant_id = $1 and status = 'pending' and next_at <= clock_timestamp()
    and event_id = (select h.event_id from call_service_deliveries h
      where h.tenant_id = $1 and h.call_id = $2 and h.status = 'pending' order by h.rank, h.event_id limit 1)
    and (kind = 'incoming' or created_at <= clock_timestamp() - make_interval(secs => ${HOLD_SECONDS})
      or exists (select 1 from call_service_deliveries i
        where i.tenant_id = $1 and i.call_id = $2 and i.kind = 'incoming'))
  returning event_id as "eventId", call_id as "callId", kind, body, attempts, next_at as "nextAt"`;
const DELIVERED = `
  update call_service_deliveries set status = 'delivered', settled_at = clock_timestamp(), last_error = null
  where tenant_id = $1 and event_id = $2 and status = 'pending' returning event_id`;
const FAILED = `
  update call_service_deliveries set last_error = $4,
    status = case when give_up_at <= clock_timestamp() then 'dead' else 'pending' end,
    settled_at = case when give_up_at <= clock_timestamp() then clock_timestamp() end,
    next_at = date_trunc('milliseconds', clock_timestamp() + make_interval(secs => $5))
  where tenant_id = $1 and event_id = $2 and status = 'pending' and attempts = $3
  returning status, next_at as "nextAt"`;
const WAITING = `
  select 1 from call_service_deliveries where tenant_id = $1 and call_id = $2 and status = 'pending' limit 1`;
const REVIVE = `
  update call_service_deliveries set status = 'pending', attempts = 0, settled_at = null,
    next_at = date_trunc('milliseconds', clock_timestamp()), give_up_at = clock_timestamp() + interval '3 days'
  where tenant_id = $1 and event_id = $2 and status = 'dead' returning call_id as "callId"`;

type ClaimedRow = Claimed & { readonly nextAt: Date } & Record<string, unknown>;

/** The rows of what goes out to AS-Call-Service, and their alarms: whoever makes one due adds the alarm for it. */
@Injectable()
export class CallServiceDeliveries {
  constructor(private readonly jobs: Jobs) {}

  /** Writes a delivery down, once for each event. A `missed` before its `incoming` gets a second alarm. */
  async record(tx: Tx, { eventId, callId, kind, body }: NewDelivery): Promise<void> {
    const values = [tx.tenantId, eventId, callId, kind, JSON.stringify(body)];
    const made = await tx.one<{ held: boolean }>(RECORD, values);
    if (made === undefined) return;
    this.wake(tx, callId, 0);
    if (made.held) this.wake(tx, callId, HOLD_SECONDS * 1_000 + 10);
  }

  /** Claims the call's next delivery, if one is due; a sender that dies is woken up for when its lease ends. */
  async claim(tx: Tx, callId: string): Promise<Claimed | null> {
    const row = await tx.one<ClaimedRow>(CLAIM, [tx.tenantId, callId]);
    if (row === undefined) return null;
    this.wakeAt(tx, callId, row.nextAt);
    return row;
  }

  /** The service took it. True even for a sender whose lease was over. */
  async delivered(tx: Tx, { eventId, callId }: Claimed): Promise<void> {
    const row = await tx.one(DELIVERED, [tx.tenantId, eventId]);
    if (row !== undefined) await this.wakeNext(tx, callId);
  }

  /** It did not: tried again later, or, after three days, dead. Gives which; null when the attempt is an old one. */
  async failed(
    tx: Tx,
    { eventId, callId, attempts }: Claimed,
    error: string,
  ): Promise<'pending' | 'dead' | null> {
    const values = [
      tx.tenantId,
      eventId,
      attempts,
      error.slice(0, 200),
      waitSeconds(attempts, Math.random()),
    ];
    const row = await tx.one<{ status: 'pending' | 'dead'; nextAt: Date }>(FAILED, values);
    if (row === undefined) return null;
    if (row.status === 'pending') this.wakeAt(tx, callId, row.nextAt);
    else await this.wakeNext(tx, callId);
    return row.status;
  }

  /** Tries a dead one again for three days; whether there was one. */
  async revive(tx: Tx, eventId: string): Promise<boolean> {
    const row = await tx.one<{ callId: string }>(REVIVE, [tx.tenantId, eventId]);
    if (row !== undefined) this.wake(tx, row.callId, 0);
    return row !== undefined;
  }

  /** Adds an alarm for a call. */
  wake(tx: Tx, callId: string, inMs: number): void {
    this.jobs.add(tx, DELIVER, { tenantId: tx.tenantId ?? '', callId }, { inMs, priority: PRIORITY });
  }

  private wakeAt(tx: Tx, callId: string, at: Date): void {
    this.jobs.add(tx, DELIVER, { tenantId: tx.tenantId ?? '', callId }, { at, priority: PRIORITY });
  }

  private async wakeNext(tx: Tx, callId: string): Promise<void> {
    if ((await tx.one(WAITING, [tx.tenantId, callId])) !== undefined) this.wake(tx, callId, 0);
  }
}

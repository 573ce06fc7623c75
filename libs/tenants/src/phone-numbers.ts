import { Injectable } from '@nestjs/common';
import { Snapshot } from '#libs/durable';
import {
  Configuration,
  Conflict,
  Db,
  Invalid,
  newId,
  NotFound,
  pageOf,
  placeOf,
  Rejected,
  Tx,
  uniqueViolation,
  type Page,
} from '#libs/platform';
import { isAllowedDestination, isE164, isEmergencyNumber } from '#libs/twilio';

import { PhoneNumber } from './phone-number.entity.js';
import { Routing } from './routing.js';
import { Tenant } from './tenant.entity.js';
import type { ChangePhoneNumber, CreatePhoneNumber, PhoneNumberView } from './tenant.dto.js';

const LIST = `
  select id, tenant_id as "tenantId", number, account_sid as "accountSid", messaging_service_sid as "messagingServiceSid",
    forward_to as "forwardTo", created_at as "createdAt", created_at as at
  from phone_numbers where tenant_id = $1
    and ($2::timestamptz is null or (created_at, id) < ($2, $3::uuid))
  order by created_at desc, id desc limit $4`;
const HUB_NUMBERS = 'select number from phone_numbers where number = any($1) limit 1';

const viewOf = (row: PhoneNumber): PhoneNumberView => ({
  id: row.id,
  tenantId: row.tenantId,
  number: row.number,
  accountSid: row.accountSid,
  messagingServiceSid: row.messagingServiceSid,
  forwardTo: row.forwardTo,
  createdAt: row.createdAt.toISOString(),
});

/** Hub numbers: unique over all tenants, each of one account. */
@Injectable()
export class PhoneNumbers {
  private readonly allowed: readonly string[];

  constructor(
    private readonly db: Db,
    private readonly routing: Routing,
    private readonly snapshot: Snapshot,
    settings: Configuration,
  ) {
    this.allowed = settings.ALLOWED_PREFIXES.split(',');
  }

  /**
   * @param id the same again is the same number
   * @throws NotFound for the tenant, Rejected for a bad target or account, Conflict for a number that is taken
   */
  async create(given: CreatePhoneNumber, id = newId()): Promise<PhoneNumberView> {
    const { tenantId, number, accountSid, messagingServiceSid = null, forwardTo = [] } = given;
    await this.checkTargets(number, forwardTo);
    const row = { id, tenantId, number, accountSid, messagingServiceSid, forwardTo };
    await this.db
      .system('platform-admin', (tx) => this.insert(tx, row))
      .catch(async (error: unknown) => {
        if (uniqueViolation(error) === null) throw error;
        if (await this.exists(tenantId, id)) return;
        throw new Conflict('number-taken', 'This number belongs to a tenant already.');
      });
    await this.snapshot.refresh();
    return this.get(tenantId, id);
  }

  /** @throws NotFound */
  async get(tenantId: string, id: string): Promise<PhoneNumberView> {
    const row = await this.db.transaction(tenantId, (tx) =>
      tx.manager.findOneBy(PhoneNumber, { tenantId, id }),
    );
    if (row === null) throw new NotFound('phone number');
    return viewOf(row);
  }

  async list(tenantId: string, limit: number, cursor?: string): Promise<Page<PhoneNumberView>> {
    const place = placeOf(cursor);
    const values = [tenantId, place?.at ?? null, place?.id ?? null, limit + 1];
    const rows = await this.db.transaction(tenantId, (tx) =>
      tx.query<PhoneNumber & { at: Date } & Record<string, unknown>>(LIST, values),
    );
    return pageOf(rows, limit, viewOf);
  }

  /** @throws NotFound, Rejected */
  async change(tenantId: string, id: string, given: ChangePhoneNumber): Promise<PhoneNumberView> {
    const { number } = await this.get(tenantId, id);
    const { forwardTo, messagingServiceSid } = given;
    if (forwardTo !== undefined) await this.checkTargets(number, forwardTo);
    const changes = {
      ...(forwardTo === undefined ? {} : { forwardTo }),
      ...(messagingServiceSid === undefined ? {} : { messagingServiceSid }),
    };
    if (Object.keys(changes).length > 0) {
      await this.db.transaction(tenantId, (tx) => tx.manager.update(PhoneNumber, { tenantId, id }, changes));
      await this.snapshot.refresh();
    }
    return this.get(tenantId, id);
  }

  private exists(tenantId: string, id: string): Promise<boolean> {
    return this.db.transaction(tenantId, (tx) => tx.manager.existsBy(PhoneNumber, { tenantId, id }));
  }

  private async insert(tx: Tx, row: Omit<PhoneNumber, 'createdAt' | 'updatedAt'>): Promise<void> {
    if (!(await tx.manager.existsBy(Tenant, { id: row.tenantId }))) throw new NotFound('tenant');
    const account = 'select 1 from twilio_accounts where account_sid = $1 and status <> $2';
    if ((await tx.one(account, [row.accountSid, 'deleted'])) === undefined) {
      throw new Rejected('unknown-account', 'Register this Twilio account first: POST /v1/twilio-accounts.');
    }
    await tx.manager.insert(PhoneNumber, row);
  }

  /** Targets are reachable people's phones: no hub number, which would ring in a circle, and no emergency line. */
  private async checkTargets(number: string, targets: readonly string[]): Promise<void> {
    for (const target of targets) {
      const known = isE164(target) || isEmergencyNumber(target);
      if (!known)
        throw new Invalid(`forwardTo: ${JSON.stringify(target)} is not an E.164 number.`, [
          { path: 'forwardTo', message: 'each takes E.164, such as +14155550123' },
        ]);
      const loops = target === number || this.routing.isHubNumber(target);
      if (loops)
        throw new Rejected('routing-loop', `${target} is a number of this hub: the call would come back.`);
      if (!isAllowedDestination(target, this.allowed)) {
        throw new Rejected(
          'destination-not-allowed',
          `${target} is not a destination that this hub may reach.`,
        );
      }
    }
    const taken = await this.db.system('platform-admin', (tx) => tx.one(HUB_NUMBERS, [targets]));
    if (taken !== undefined)
      throw new Rejected('routing-loop', 'A target is a number of this hub: the call would come back.');
  }
}

import { Injectable } from '@nestjs/common';
import type { Slice } from '#libs/durable';
import { Tx } from '#libs/platform';

import { settingsOf, type Settings } from './settings.domain.js';

/** A tenant as routing knows it. */
export interface KnownTenant {
  readonly id: string;
  readonly name: string;
  readonly timezone: string;
  readonly language: string;
  readonly status: 'active' | 'suspended';
  readonly settings: Settings;
}

/** A number as routing knows it. */
export interface KnownNumber {
  readonly id: string;
  readonly tenantId: string;
  readonly number: string;
  readonly accountSid: string;
  readonly messagingServiceSid: string | null;
  readonly forwardTo: readonly string[];
}

type TenantRow = Omit<KnownTenant, 'settings'> & { readonly settings: Partial<Settings> } & Record<
    string,
    unknown
  >;
type NumberRow = KnownNumber & Record<string, unknown>;

const TENANTS = `
  select id, name, timezone, language, status, settings from tenants where $1::text is null or changed_in >= $1::text::xid8`;
const NUMBERS = `
  select id, tenant_id as "tenantId", number, account_sid as "accountSid", messaging_service_sid as "messagingServiceSid",
    forward_to as "forwardTo"
  from phone_numbers where $1::text is null or changed_in >= $1::text::xid8`;

@Injectable()
export class TenantSlice implements Slice {
  readonly name = 'tenants';
  private readonly byId = new Map<string, TenantRow>();

  changed(tx: Tx, since: string | null): Promise<TenantRow[]> {
    return tx.query<TenantRow>(TENANTS, [since]);
  }

  apply(rows: readonly Readonly<Record<string, unknown>>[], all: boolean): void {
    if (all) this.byId.clear();
    for (const row of rows as readonly TenantRow[]) {
      this.byId.set(row.id, { ...row, settings: settingsOf(row.settings) });
    }
  }

  dump(): readonly TenantRow[] {
    return [...this.byId.values()];
  }

  get(id: string): KnownTenant | undefined {
    return this.byId.get(id) as KnownTenant | undefined;
  }
}

@Injectable()
export class NumberSlice implements Slice {
  readonly name = 'phone-numbers';
  private readonly byNumber = new Map<string, NumberRow>();
  private readonly byId = new Map<string, NumberRow>();

  changed(tx: Tx, since: string | null): Promise<NumberRow[]> {
    return tx.query<NumberRow>(NUMBERS, [since]);
  }

  apply(rows: readonly Readonly<Record<string, unknown>>[], all: boolean): void {
    if (all) for (const one of [this.byNumber, this.byId]) one.clear();
    for (const row of rows as readonly NumberRow[]) {
      this.byNumber.set(row.number, row);
      this.byId.set(row.id, row);
    }
  }

  dump(): readonly NumberRow[] {
    return [...this.byNumber.values()];
  }

  get(number: string): KnownNumber | undefined {
    return this.byNumber.get(number);
  }

  all(): Iterable<KnownNumber> {
    return this.byNumber.values();
  }

  withId(id: string): KnownNumber | undefined {
    return this.byId.get(id);
  }
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Snapshot } from '#libs/durable';
import { NumberDirectory } from '#libs/twilio';

import { NumberSlice, TenantSlice, type KnownNumber, type KnownTenant } from './routing-slices.js';

/** A number and its tenant, out of memory: what a call is routed by. */
export interface Route {
  readonly number: KnownNumber;
  readonly tenant: KnownTenant;
}

/** Tenants and numbers out of the snapshot; never asks the database. */
@Injectable()
export class Routing extends NumberDirectory implements OnModuleInit {
  constructor(
    private readonly snapshot: Snapshot,
    private readonly tenants: TenantSlice,
    private readonly numbers: NumberSlice,
  ) {
    super();
  }

  onModuleInit(): void {
    this.snapshot.register(this.tenants);
    this.snapshot.register(this.numbers);
  }

  /** Grows whenever the routing may have changed; 0 while nothing is loaded. */
  get version(): number {
    return this.snapshot.loaded ? this.snapshot.version : 0;
  }

  accountOf(number: string): string | undefined {
    return this.numbers.get(number)?.accountSid;
  }

  /** Whether a number is one of the hub's, of whatever tenant. */
  isHubNumber(number: string): boolean {
    return this.numbers.get(number) !== undefined;
  }

  /** By the dialled number; undefined when it is not ours. */
  routeTo(number: string): Route | undefined {
    return this.withTenant(this.numbers.get(number));
  }

  /** By a number's id, as our callback URLs carry it. */
  routeOf(phoneNumberId: string): Route | undefined {
    return this.withTenant(this.numbers.withId(phoneNumberId));
  }

  /** Every number with its tenant. */
  *all(): Generator<Route> {
    for (const number of this.numbers.all()) {
      const route = this.withTenant(number);
      if (route !== undefined) yield route;
    }
  }

  tenant(tenantId: string): KnownTenant | undefined {
    return this.tenants.get(tenantId);
  }

  private withTenant(number: KnownNumber | undefined): Route | undefined {
    const tenant = number === undefined ? undefined : this.tenants.get(number.tenantId);
    return number === undefined || tenant === undefined ? undefined : { number, tenant };
  }
}

import { Injectable } from '@nestjs/common';
import { Routing, type Route } from '#libs/tenants';

import { planFor, type PlannedCall } from './plan.domain.js';

/** The forwarding plan of a call, from memory alone. */
@Injectable()
export class Forwarding {
  constructor(private readonly routing: Routing) {}

  /** @param forwardedFrom the number that forwarded the call to us, when the carrier says so */
  planFor({ number, tenant }: Route, from: string, forwardedFrom: string | null): PlannedCall {
    const { ringSeconds, screening } = tenant.settings;
    return planFor({
      from,
      forwardedFrom,
      forwardTo: number.forwardTo,
      suspended: tenant.status === 'suspended',
      ringSeconds,
      screening: screening === 'none' ? 'none' : 'keypress',
      hubTargets: number.forwardTo.filter((target) => this.routing.isHubNumber(target)),
    });
  }
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Calls } from '#libs/calls';
import { Events, type DomainEvent } from '#libs/durable';
import { Db } from '#libs/platform';
import { Routing } from '#libs/tenants';

import { TextBack, type MissedCall } from './text-back.js';

/** A missed call opens or joins the thread, and its caller is texted unless a rule says no. */
@Injectable()
export class MissedCallsListener implements OnModuleInit {
  constructor(
    private readonly db: Db,
    private readonly events: Events,
    private readonly routing: Routing,
    private readonly textBack: TextBack,
    private readonly calls: Calls,
  ) {}

  onModuleInit(): void {
    this.events.subscribe('conversations.missed-call', ['call.missed'], (event) => this.onMissed(event), {
      priority: -20,
    });
  }

  private async onMissed({ tenantId, data }: DomainEvent): Promise<void> {
    const call = data as unknown as MissedCall;
    const route = this.routing.routeOf(call.phoneNumberId);
    if (route === undefined) throw new Error('The number of this call is not known here yet.');
    await this.db.transaction(tenantId, async (tx) => {
      const outcome = await this.textBack.run(tx, call, route);
      if (outcome === null) return;
      this.calls.noteTextBack(tx, call.id, outcome);
      const data = { ...outcome, callId: call.id, phoneNumberId: call.phoneNumberId };
      this.events.publish(tx, { type: 'text-back.decided', subjectId: call.id, data });
    });
  }
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Decisions, Events, Inbox, type Check, type InboxEvent } from '#libs/durable';
import { Tx } from '#libs/platform';
import { Routing } from '#libs/tenants';

import { Calls, type CallIdentity } from './calls.js';
import { callView } from './call-view.js';
import { heardIn, isNote, withPlan } from './heard.domain.js';
import { sweepAfterSeconds } from './sweep.domain.js';

const PARENT = `select phone_number_id as "phoneNumberId" from calls where tenant_id = $1 and call_sid = $2`;

/** Applies what Twilio posted about calls: each event becomes observations, blind to order. */
@Injectable()
export class CallEvents implements OnModuleInit {
  constructor(
    private readonly inbox: Inbox,
    private readonly calls: Calls,
    private readonly routing: Routing,
    private readonly events: Events,
    private readonly decisions: Decisions,
  ) {}

  onModuleInit(): void {
    this.inbox.on('call.incoming', (tx, event) => this.incoming(tx, event));
    for (const kind of ['call.dial', 'call.screening', 'call.digit', 'call.status'])
      this.inbox.on(kind, (tx, event) => this.observe(tx, event));
  }

  private async incoming(tx: Tx, event: InboxEvent): Promise<void> {
    const { plan, reason, checks } = event.context;
    const call = await this.calls.observe(tx, this.identity(event), withPlan(event, heardIn(event)));
    if (plan === 'reject') this.refused(tx, call.id, reason ?? '', checks);
    this.events.publish(tx, { type: 'call.started', subjectId: call.id, data: { ...callView(call) } });
  }

  private refused(tx: Tx, callId: string, reason: string, checks = '[]'): void {
    this.calls.noteTextBack(tx, callId, { sent: false, messageId: null, reason, conversationId: null });
    this.decisions.keep(tx, callId, 'forwarding', JSON.parse(checks) as Check[]);
  }

  /** Only a URL of ours names the screening, and with it a call that is known to be this tenant's. */
  private async observe(tx: Tx, event: InboxEvent): Promise<void> {
    const heard = heardIn(event);
    if (Object.keys(heard).length === 0) return;
    const identity = this.identity(event);
    const named = event.context['screening'] !== undefined;
    if (named && isNote(event, heard)) return this.calls.note(tx, identity, withPlan(event, heard));
    if (identity.phoneNumberId !== '') {
      await this.calls.observe(tx, identity, withPlan(event, heard));
      return;
    }
    const parent = await tx.one<{ phoneNumberId: string }>(PARENT, [tx.tenantId, event.sid]);
    if (parent !== undefined) await this.calls.observe(tx, { ...identity, ...parent }, heard);
  }

  /** A leg speaks from the caller to the target; only the call's own webhooks name the hub's number in `To`. */
  private identity({ accountSid, sid, params, context, ageMs = 0 }: InboxEvent): CallIdentity {
    const phoneNumberId = context['phoneNumberId'] ?? '';
    const route = this.routing.routeOf(phoneNumberId);
    const from = params['From'] ?? '';
    return {
      accountSid,
      callSid: sid,
      phoneNumberId,
      from,
      to: route?.number.number ?? '',
      sweepAfterSeconds: sweepAfterSeconds(route?.tenant.settings.ringSeconds),
      ageSeconds: ageMs / 1_000,
    };
  }
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Decisions, Events, Inbox, type Check, type InboxEvent } from '#libs/durable';
import { Tx } from '#libs/platform';
import { Routing } from '#libs/tenants';

import { Calls, type CallIdentity } from './calls.js';
import { callView } from './call-view.js';
import { finalObservation, isFinal, isTelling, legObservation, type Observation } from './evidence.domain.js';

const PARENT = `select phone_number_id as "phoneNumberId" from calls where tenant_id = $1 and call_sid = $2`;
const SWEEP_MARGIN_SECONDS = 60;

type Heard = Record<string, Observation>;

const secondsIn = (text: string | undefined): number | null => (text === undefined ? null : Number(text));

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
    this.inbox.on('call.dial', (tx, event) => this.dial(tx, event));
    this.inbox.on('call.screening', (tx, event) => this.observe(tx, event, { asked: {} }));
    this.inbox.on('call.digit', (tx, event) =>
      this.observe(tx, event, { digit: { digit: event.params['Digits'] ?? '' } }),
    );
    this.inbox.on('call.status', (tx, event) => this.status(tx, event));
  }

  private async incoming(tx: Tx, event: InboxEvent): Promise<void> {
    const { plan, reason, checks } = event.context;
    const heard: Heard = { incoming: {} };
    if (plan === 'reject') heard['rejected'] = { status: reason ?? '' };
    if (plan === 'unattended') heard['unattended'] = {};
    const call = await this.calls.observe(tx, this.identity(event), this.withPlan(event, heard));
    if (plan === 'reject') this.refused(tx, call.id, reason ?? '', checks);
    this.events.publish(tx, { type: 'call.started', subjectId: call.id, data: { ...callView(call) } });
  }

  private refused(tx: Tx, callId: string, reason: string, checks = '[]'): void {
    this.calls.noteTextBack(tx, callId, { sent: false, messageId: null, reason, conversationId: null });
    this.decisions.keep(tx, callId, 'forwarding', JSON.parse(checks) as Check[]);
  }

  private async dial(tx: Tx, event: InboxEvent): Promise<void> {
    const { DialCallStatus, DialBridged, DialCallDuration } = event.params;
    const dial: Observation = {
      status: DialCallStatus ?? '',
      bridged: DialBridged === undefined ? null : DialBridged === 'true',
      durationSeconds: secondsIn(DialCallDuration),
    };
    await this.observe(tx, event, { dial });
  }

  private async status(tx: Tx, event: InboxEvent): Promise<void> {
    const { CallSid = '', CallStatus = '', AnsweredBy = '' } = event.params;
    const durationSeconds = secondsIn(event.params['CallDuration']);
    const heard: Heard = {};
    if (CallSid !== event.sid) heard[legObservation(CallSid, CallStatus)] = { durationSeconds };
    else if (isFinal(CallStatus)) heard[finalObservation(CallStatus)] = { durationSeconds };
    if (AnsweredBy !== '') heard['amd'] = { answeredBy: AnsweredBy };
    if (Object.keys(heard).length > 0) await this.observe(tx, event, heard);
  }

  /** Only a URL of ours names the screening, and with it a call that is known to be this tenant's. */
  private async observe(tx: Tx, event: InboxEvent, heard: Heard): Promise<void> {
    const identity = this.identity(event);
    const named = event.context['screening'] !== undefined;
    if (named && !Object.keys(heard).some(isTelling))
      return this.calls.note(tx, identity, this.withPlan(event, heard));
    if (identity.phoneNumberId !== '') {
      await this.calls.observe(tx, identity, this.withPlan(event, heard));
      return;
    }
    const parent = await tx.one<{ phoneNumberId: string }>(PARENT, [tx.tenantId, event.sid]);
    if (parent !== undefined) await this.calls.observe(tx, { ...identity, ...parent }, heard);
  }

  private withPlan({ context }: InboxEvent, heard: Heard): Heard {
    const { screening } = context;
    return screening === 'none' || screening === 'keypress' ? { plan: { screening }, ...heard } : heard;
  }

  /** A leg speaks from the caller to the target; only the call's own webhooks name the hub's number in `To`. */
  private identity({ accountSid, sid, params, context, ageMs = 0 }: InboxEvent): CallIdentity {
    const phoneNumberId = context['phoneNumberId'] ?? '';
    const route = this.routing.routeOf(phoneNumberId);
    const sweepAfterSeconds =
      (route?.tenant.settings.ringSeconds ?? SWEEP_MARGIN_SECONDS) + SWEEP_MARGIN_SECONDS;
    const from = params['From'] ?? '';
    return {
      accountSid,
      callSid: sid,
      phoneNumberId,
      from,
      to: route?.number.number ?? '',
      sweepAfterSeconds,
      ageSeconds: ageMs / 1_000,
    };
  }
}

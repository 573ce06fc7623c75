import { keyOf, type InboxEvent } from '#libs/durable';
import type { PlannedCall } from '#libs/forwarding';
import type { Route } from '#libs/tenants';
import {
  EMPTY,
  type CallStatusParams,
  type Carried,
  type DialActionParams,
  type IncomingCallParams,
  type ScreeningParams,
  type Webhook,
} from '#libs/twilio';

import { phonesOf, type CallContext } from './call-answers.js';

/** Which call a signed URL of ours is about; null when it carries none, or is about another call. */
export const contextOf = (carried: Carried | null, callSid: string): CallContext | null => {
  if (carried === null || carried['callSid'] !== callSid) return null;
  const { tenantId, phoneNumberId, phones } = carried;
  if (tenantId === undefined || phoneNumberId === undefined) return null;
  const screening = carried['screening'] === 'keypress' ? 'keypress' : 'none';
  return { tenantId, phoneNumberId, callSid, screening, ...(phones === undefined ? {} : { phones }) };
};

const event = (
  webhook: Webhook,
  what: { readonly kind: string; readonly sid: string; readonly step: string; readonly answer: string },
  context: Readonly<Record<string, string>> & { readonly tenantId: string | null },
): InboxEvent => {
  const { tenantId, ...rest } = context;
  const { kind, sid, answer } = what;
  const key = keyOf(webhook.accountSid, what);
  return {
    key,
    kind,
    sid,
    answer,
    tenantId,
    accountSid: webhook.accountSid,
    params: webhook.all,
    context: rest,
  };
};

/** A call that came in, with what was decided about it. */
export const incomingEvent = (
  webhook: Webhook<IncomingCallParams>,
  { number, tenant }: Route,
  { plan, twiml, checks }: PlannedCall & { readonly twiml: string },
): InboxEvent => {
  const screening = plan.kind === 'dial' ? plan.screening : 'none';
  const reason = plan.kind === 'reject' ? plan.reason : '';
  const what = { kind: 'call.incoming', sid: webhook.params.CallSid, step: '', answer: twiml };
  const decided = { plan: plan.kind, reason, checks: JSON.stringify(checks) };
  const ids = { tenantId: tenant.id, phoneNumberId: number.id };
  return event(webhook, what, { ...ids, screening, ...phonesOf(plan), ...decided });
};

export const dialEvent = (
  webhook: Webhook<DialActionParams>,
  context: CallContext,
  answer: string,
): InboxEvent =>
  event(webhook, { kind: 'call.dial', sid: webhook.params.CallSid, step: '', answer }, { ...context });

/** The whisper's start, or the digit pressed in it. */
export const digitEvent = (
  kind: 'call.screening' | 'call.digit',
  webhook: Webhook<ScreeningParams>,
  context: CallContext,
  answer: string,
): InboxEvent =>
  event(webhook, { kind, sid: context.callSid, step: webhook.params.CallSid, answer }, { ...context });

/** A status of the call itself, or of one of its legs. */
export const statusEvent = (
  webhook: Webhook<CallStatusParams>,
  callSid: string,
  context: { readonly tenantId: string | null; readonly phoneNumberId: string; readonly screening?: string },
): InboxEvent => {
  const { CallSid, CallStatus } = webhook.params;
  const what = { kind: 'call.status', sid: callSid, step: `${CallSid}/${CallStatus}`, answer: EMPTY };
  return event(webhook, what, { ...context, callSid } as Readonly<Record<string, string>> & {
    tenantId: string | null;
  });
};

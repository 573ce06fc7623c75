import type { DispatchAnswer, Lead } from './dispatch.domain.js';
import { keepable } from './keepable.domain.js';

const HANDOFF = ['escalate_to_owner', 'escalate_to_human'];
const DONE = ['end_conversation'];

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;

const text = (value: unknown): string | null =>
  typeof value === 'string' && value.trim() !== '' ? value : null;

const LONGEST_FACT = 500;

const fact = (value: unknown): string | null => {
  const given = text(value);
  return given === null ? null : keepable(given, LONGEST_FACT);
};

const URGENCY = ['normal', 'urgent', 'emergency'] as const;

const leadOf = (info: unknown): Lead => ({
  name: fact(field(info, 'customer_name')),
  address: fact(field(info, 'customer_address')),
  jobType: fact(field(info, 'job_type')),
  urgency: URGENCY.find((urgency) => urgency === field(info, 'urgency_level')) ?? null,
  summary: null,
  callbackTime: fact(field(info, 'preferred_date')),
});

const actionOf = (type: unknown, stage: unknown): DispatchAnswer['action'] => {
  if (stage === 'escalated' || HANDOFF.includes(String(type))) return 'handoff';
  return DONE.includes(String(type)) ? 'close' : 'reply';
};

/**
 * Dispatch-Bot-AI's answer, read tolerantly (contract.md, section 6): three fields are relied on, the rest is read
 * when it is there, and an unknown field or value never fails it. Null when it holds no answer at all.
 */
export const readDispatchBot = (body: unknown): DispatchAnswer | null => {
  const next = field(body, 'next_action');
  const message = text(field(next, 'message_to_customer'));
  const action = actionOf(field(next, 'action_type'), field(body, 'conversation_stage'));
  if (message === null && action === 'reply') return null;
  return { action, text: message, lead: leadOf(field(body, 'extracted_info')), asked: null };
};

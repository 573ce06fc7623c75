import type { Call } from './call.entity.js';
import type { CallView } from './call.dto.js';

const iso = (at: Date | null): string | null => at?.toISOString() ?? null;

/** A call as the API and events show it. */
export const callView = (call: Call): CallView => ({
  id: call.id,
  callSid: call.callSid,
  phoneNumberId: call.phoneNumberId,
  from: call.from,
  to: call.to,
  direction: call.direction,
  status: call.status,
  outcome: call.outcome,
  missedReason: call.missedReason,
  startedAt: call.startedAt.toISOString(),
  answeredAt: iso(call.answeredAt),
  endedAt: iso(call.endedAt),
  durationSeconds: call.durationSeconds,
  conversationId: call.conversationId,
  textBack: { sent: call.textBackSent, messageId: call.textBackMessageId, reason: call.textBackReason },
});

import type { MessageView } from './message.dto.js';
import type { Message } from './message.entity.js';

/** The columns of a message, named as its entity names them. */
export const COLUMNS = `id, tenant_id as "tenantId", conversation_id as "conversationId", contact_id as "contactId",
  phone_number_id as "phoneNumberId", direction, author, purpose, body, media, segments, status, automatic, epoch,
  dedup_key as "dedupKey", wish, answered_by_twilio as "answeredByTwilio", error_code as "errorCode", suppressed_reason as "suppressedReason",
  message_sid as "messageSid", send_at as "sendAt", not_before as "notBefore", created_at as "createdAt", sent_at as "sentAt",
  delivered_at as "deliveredAt", recalled_at as "recalledAt"`;

const iso = (at: Date | null): string | null => at?.toISOString() ?? null;

/** A message as the API and events show it. */
export const messageView = (message: Message): MessageView => ({
  id: message.id,
  conversationId: message.conversationId,
  direction: message.direction,
  author: message.author,
  purpose: message.purpose,
  body: message.body,
  media: [],
  segments: message.segments,
  status: message.status,
  errorCode: message.errorCode,
  suppressedReason: message.suppressedReason,
  messageSid: message.messageSid,
  createdAt: message.createdAt.toISOString(),
  sentAt: iso(message.sentAt),
  deliveredAt: iso(message.deliveredAt),
});

/** A message as events carry it: with the contact and the number, which name the thread before there is one. */
export const messageEvent = (message: Message): Record<string, unknown> => ({
  ...messageView(message),
  contactId: message.contactId,
  phoneNumberId: message.phoneNumberId,
});

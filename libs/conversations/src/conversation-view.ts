import type { ConversationView } from './conversation.dto.js';
import type { Conversation } from './conversation.entity.js';

/** The columns of a conversation, named as its entity names them. */
export const COLUMNS = `id, tenant_id as "tenantId", phone_number_id as "phoneNumberId", contact_id as "contactId",
  customer_number as "customerNumber", status, handler, epoch, ai_takeover_at as "aiTakeoverAt",
  waiting_since as "waitingSince", ai_barred as "aiBarred", held_since as "heldSince", lead, outcome,
  next_seq as "nextSeq", last_message_at as "lastMessageAt", created_at as "createdAt", closed_at as "closedAt"`;

const iso = (at: Date | null): string | null => at?.toISOString() ?? null;

/** A conversation as the API and events show it. */
export const conversationView = (row: Conversation): ConversationView => ({
  id: row.id,
  phoneNumberId: row.phoneNumberId,
  contactId: row.contactId,
  customerNumber: row.customerNumber,
  status: row.status,
  handler: row.handler,
  aiTakeoverAt: iso(row.aiTakeoverAt),
  waitingSince: iso(row.waitingSince),
  epoch: row.epoch,
  lead: {
    name: row.lead.name ?? null,
    address: row.lead.address ?? null,
    jobType: row.lead.jobType ?? null,
    urgency: row.lead.urgency ?? null,
    summary: row.lead.summary ?? null,
  },
  outcome: row.outcome,
  lastMessageAt: iso(row.lastMessageAt),
  createdAt: row.createdAt.toISOString(),
  closedAt: iso(row.closedAt),
});

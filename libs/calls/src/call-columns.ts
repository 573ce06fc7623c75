/** The columns of a call, named as its entity names them. */
export const COLUMNS = `id, tenant_id as "tenantId", phone_number_id as "phoneNumberId", account_sid as "accountSid",
  call_sid as "callSid", from_number as "from", to_number as "to", direction, status, outcome,
  missed_reason as "missedReason", evidence, revision, conversation_id as "conversationId",
  text_back_sent as "textBackSent", text_back_reason as "textBackReason", text_back_message_id as "textBackMessageId",
  started_at as "startedAt", answered_at as "answeredAt", ended_at as "endedAt", duration_seconds as "durationSeconds",
  judge_at as "judgeAt"`;

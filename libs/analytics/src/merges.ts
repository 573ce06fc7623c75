import type { FactTable } from './facts.domain.js';

/**
 * Merges that are blind to order and to repetition: first what the given events say together, then with the row.
 * The verdict of the highest revision wins; `call.started` knows none, so its outcome is not read. Times are the
 * earliest told. Rows are locked in the order of their ids.
 */
const CALLS = `
  insert into call_facts as f
    (tenant_id, call_id, phone_number_id, started_at, ended_at, revision, outcome, missed_reason, text_back_message_id)
  select $1, "subjectId", (array_agg("phoneNumberId"))[1], min("startedAt"), min("endedAt"), coalesce(max(revision), 0),
    (array_agg(outcome order by revision desc) filter (where revision is not null))[1],
    (array_agg("missedReason" order by revision desc) filter (where revision is not null))[1],
    (array_agg("messageId" order by "messageId") filter (where "messageId" is not null))[1]
  from jsonb_to_recordset($2::jsonb) as g("subjectId" uuid, "phoneNumberId" uuid, "startedAt" timestamptz,
    "endedAt" timestamptz, revision int, outcome text, "missedReason" text, "messageId" uuid)
  group by "subjectId" order by "subjectId"
  on conflict (tenant_id, call_id) do update set
    started_at = least(f.started_at, excluded.started_at),
    ended_at = least(f.ended_at, excluded.ended_at),
    outcome = case when excluded.revision > f.revision then excluded.outcome else f.outcome end,
    missed_reason = case when excluded.revision > f.revision then excluded.missed_reason else f.missed_reason end,
    revision = greatest(f.revision, excluded.revision),
    text_back_message_id = least(f.text_back_message_id, excluded.text_back_message_id)`;

/** A message's nature never changes; only when it left is learned later. */
const MESSAGES = `
  insert into message_facts as f
    (tenant_id, message_id, phone_number_id, contact_id, direction, author, created_at, sent_at)
  select $1, "subjectId", (array_agg("phoneNumberId"))[1], (array_agg("contactId"))[1], min(direction), min(author),
    min("createdAt"), min("sentAt")
  from jsonb_to_recordset($2::jsonb) as g("subjectId" uuid, "phoneNumberId" uuid, "contactId" uuid, direction text,
    author text, "createdAt" timestamptz, "sentAt" timestamptz)
  group by "subjectId" order by "subjectId"
  on conflict (tenant_id, message_id) do update set sent_at = least(f.sent_at, excluded.sent_at)
  where excluded.sent_at is not null`;

/** The handler of the highest epoch wins: an epoch has one handler. */
const CONVERSATIONS = `
  insert into conversation_facts as f (tenant_id, conversation_id, phone_number_id, created_at, epoch, handler)
  select $1, "subjectId", (array_agg("phoneNumberId"))[1], min("createdAt"), max(epoch),
    (array_agg(handler order by epoch desc))[1]
  from jsonb_to_recordset($2::jsonb) as g("subjectId" uuid, "phoneNumberId" uuid, "createdAt" timestamptz, epoch int,
    handler text)
  group by "subjectId" order by "subjectId"
  on conflict (tenant_id, conversation_id) do update set epoch = excluded.epoch, handler = excluded.handler
  where excluded.epoch > f.epoch`;

/** Takes the tenant's id, and a JSON array of what events say. */
export const MERGES: Readonly<Record<FactTable, string>> = {
  calls: CALLS,
  messages: MESSAGES,
  conversations: CONVERSATIONS,
};

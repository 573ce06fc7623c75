import { Tx } from '#libs/platform';

import type { Message } from '../message.entity.js';
import { COLUMNS } from '../message-view.js';
import type { Attempt, Send } from './send-state.domain.js';

/** A text on its way out, locked, as the rules see it. */
export interface LoadedSend {
  readonly message: Message;
  readonly customerNumber: string;
  readonly send: Send;
  /** The database's clock after the lock, in milliseconds since the epoch. */
  readonly now: number;
  /** Whether another text of its conversation is queued. */
  readonly more: boolean;
}

type Row = Message & { readonly customerNumber: string } & Record<string, unknown>;

interface Around extends Record<string, unknown> {
  readonly attempts: readonly Attempt[];
  readonly now: number;
  readonly more: boolean;
}

const LOCK = `
  select ${COLUMNS}, (select number from contacts c where c.tenant_id = $1 and c.id = m.contact_id) as "customerNumber"
  from messages m where tenant_id = $1 and id = $2 for update`;
/** A statement of its own: one that waited for a lock sees the other tables as they were before the wait. */
const AROUND = `
  select floor(extract(epoch from clock_timestamp()) * 1000)::float8 as now,
    exists (select 1 from messages q where q.tenant_id = $1 and q.status = 'queued' and q.conversation_id =
      (select conversation_id from messages where tenant_id = $1 and id = $2)) as more,
    (select coalesce(json_agg(json_build_object('id', id, 'outcome', outcome, 'looks', looks, 'absences', absences,
      'openedAt', round(extract(epoch from opened_at) * 1000), 'lookAt', round(extract(epoch from look_at) * 1000),
      'sid', message_sid, 'code', error_code) order by seq), '[]')
      from message_attempts where tenant_id = $1 and message_id = $2) as attempts`;
const SAVE = `
  update messages set status = $3, message_sid = $4, error_code = $5, not_before = $6, sent_at = $7, delivered_at = $8,
    recalled_at = case when $9 then recalled_at end
  where tenant_id = $1 and id = $2`;
const SAVE_ATTEMPT = `
  update message_attempts set outcome = $3, message_sid = $4, error_code = left($5, 200), looks = $6, absences = $7,
    look_at = to_timestamp($8::float8 / 1000),
    settled_at = case when $3 in ('open', 'unknown') then null else coalesce(settled_at, clock_timestamp()) end
  where tenant_id = $1 and id = $2`;

/** The state of a send out of its row and its attempts. */
export const sendOf = (message: Message, attempts: readonly Attempt[]): Send => ({
  author: message.author,
  purpose: message.purpose,
  createdAt: message.createdAt.getTime(),
  recalled: message.recalledAt !== null,
  status: message.status,
  notBefore: message.notBefore?.getTime() ?? 0,
  sid: message.messageSid,
  errorCode: message.errorCode,
  attempts,
});

/** Locks a message and reads all that its rules look at. Both statements travel together. */
export const loadSend = async (tx: Tx, messageId: string): Promise<LoadedSend | undefined> => {
  const values = [tx.tenantId, messageId];
  const [row, around] = await Promise.all([tx.one<Row>(LOCK, values), tx.one<Around>(AROUND, values)]);
  if (row === undefined || around === undefined) return undefined;
  const { now, more, attempts } = around;
  return { message: row, customerNumber: row.customerNumber, send: sendOf(row, attempts), now, more };
};

/** Writes down what changed, and gives the message as it is now. */
export const saveSend = (tx: Tx, { message, send: before, now }: LoadedSend, after: Send): Message => {
  const { status, sid, errorCode, notBefore } = after;
  const saved: Message = {
    ...message,
    status,
    messageSid: sid,
    errorCode,
    recalledAt: after.recalled ? message.recalledAt : null,
    notBefore: notBefore === 0 ? null : new Date(notBefore),
    sentAt: message.sentAt ?? (sid === null ? null : new Date(now)),
    deliveredAt: message.deliveredAt ?? (status === 'delivered' ? new Date(now) : null),
  };
  const times = [saved.notBefore, saved.sentAt, saved.deliveredAt];
  tx.send(SAVE, [tx.tenantId, message.id, status, sid, errorCode, ...times, after.recalled]);
  const changed = after.attempts.filter((one) => !before.attempts.includes(one));
  for (const { id, outcome, sid: its, code, looks, absences, lookAt } of changed)
    tx.send(SAVE_ATTEMPT, [tx.tenantId, id, outcome, its, code, looks, absences, lookAt]);
  return saved;
};

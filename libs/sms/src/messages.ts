import { Injectable } from '@nestjs/common';
import { Conflict, Db, NotFound, pageOf, placeOf, type Page } from '#libs/platform';

import type { MessageView } from './message.dto.js';
import type { Message } from './message.entity.js';
import { COLUMNS, messageView } from './message-view.js';

type Row = Message & { readonly at: Date } & Record<string, unknown>;

const GET = `select ${COLUMNS} from messages where tenant_id = $1 and id = $2`;
const LIST = `
  select ${COLUMNS}, created_at as at from messages where tenant_id = $1 and conversation_id = $2
    and ($3::timestamptz is null or (created_at, id) < ($3, $4::uuid))
  order by created_at desc, id desc limit $5`;
const HELD = `
  select ${COLUMNS}, created_at as at from messages where tenant_id = $1 and status = 'held'
    and ($2::timestamptz is null or (created_at, id) < ($2, $3::uuid))
  order by created_at desc, id desc limit $4`;
const CANCEL = `
  update messages set status = 'canceled' where tenant_id = $1 and id = $2 and status = 'queued' and purpose = 'scheduled'
  returning id`;

/** Messages as the API shows them. */
@Injectable()
export class Messages {
  constructor(private readonly db: Db) {}

  /** @throws NotFound */
  async get(tenantId: string, id: string): Promise<MessageView> {
    const message = await this.db.transaction(tenantId, (tx) => tx.one<Row>(GET, [tenantId, id]));
    if (message === undefined) throw new NotFound('message');
    return messageView(message);
  }

  /** A conversation's messages, newest first. */
  async of(
    tenantId: string,
    conversationId: string,
    limit: number,
    cursor?: string,
  ): Promise<Page<MessageView>> {
    const place = placeOf(cursor);
    const values = [tenantId, conversationId, place?.at ?? null, place?.id ?? null, limit + 1];
    return pageOf(
      await this.db.transaction(tenantId, (tx) => tx.query<Row>(LIST, values)),
      limit,
      messageView,
    );
  }

  /** What waits for somebody's decision, newest first. */
  async held(tenantId: string, limit: number, cursor?: string): Promise<Page<MessageView>> {
    const place = placeOf(cursor);
    const values = [tenantId, place?.at ?? null, place?.id ?? null, limit + 1];
    const rows = await this.db.transaction(tenantId, (tx) => tx.query<Row>(HELD, values));
    return pageOf(rows, limit, messageView);
  }

  /** Cancels a scheduled message. @throws NotFound, Conflict when it is not waiting any more */
  async cancel(tenantId: string, id: string): Promise<void> {
    await this.get(tenantId, id);
    const canceled = await this.db.transaction(tenantId, (tx) => tx.one(CANCEL, [tenantId, id]));
    if (canceled === undefined)
      throw new Conflict('not-scheduled', 'Only a scheduled message that waits can be canceled.');
  }
}

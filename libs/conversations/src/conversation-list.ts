import { Injectable } from '@nestjs/common';
import { Db, instant, NotFound, pageOf, placeOf, type Page } from '#libs/platform';
import { Messages, type MessageView } from '#libs/sms';

import type { ConversationQuery, ConversationView } from './conversation.dto.js';
import { COLUMNS, conversationView } from './conversation-view.js';
import type { Conversation } from './conversation.entity.js';

type Row = Conversation & { readonly at: Date } & Record<string, unknown>;

const LIST = `
  select ${COLUMNS}, created_at as at from conversations where tenant_id = $1
    and ($2::timestamptz is null or (created_at, id) < ($2, $3::uuid))
    and ($4::text is null or status = $4) and ($5::text is null or handler = $5)
    and ($6::text is null or customer_number = $6)
    and ($7::timestamptz is null or created_at >= $7) and ($8::timestamptz is null or created_at < $8)
  order by created_at desc, id desc limit $9`;
const GET = `select ${COLUMNS} from conversations where tenant_id = $1 and id = $2`;

/** Conversations as the API shows them. */
@Injectable()
export class ConversationList {
  constructor(
    private readonly db: Db,
    private readonly messages: Messages,
  ) {}

  async list(tenantId: string, query: ConversationQuery): Promise<Page<ConversationView>> {
    const place = placeOf(query.cursor);
    const { status, handler, customer, since, until, limit } = query;
    const filters = [status, handler, customer, instant(since), instant(until)].map((value) => value ?? null);
    const values = [tenantId, place?.at ?? null, place?.id ?? null, ...filters, limit + 1];
    return pageOf(
      await this.db.transaction(tenantId, (tx) => tx.query<Row>(LIST, values)),
      limit,
      conversationView,
    );
  }

  /** @throws NotFound */
  async get(tenantId: string, id: string): Promise<ConversationView> {
    const row = await this.db.transaction(tenantId, (tx) => tx.one<Row>(GET, [tenantId, id]));
    if (row === undefined) throw new NotFound('conversation');
    return conversationView(row);
  }

  /** Its messages, newest first. @throws NotFound */
  async messagesOf(tenantId: string, id: string, limit: number, cursor?: string): Promise<Page<MessageView>> {
    await this.get(tenantId, id);
    return this.messages.of(tenantId, id, limit, cursor);
  }
}

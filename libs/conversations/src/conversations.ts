import { Injectable } from '@nestjs/common';
import { Contacts } from '#libs/contacts';
import { Conflict, Db, Tx } from '#libs/platform';
import { Routing } from '#libs/tenants';

import { HandlerSteps } from './handler/handler-steps.js';
import { Thread, type Row } from './thread.js';

const REOPEN = `update conversations set status = 'open', closed_at = null where tenant_id = $1 and id = $2`;

/** What people of the business do with a conversation, besides writing. */
@Injectable()
export class Conversations {
  constructor(
    private readonly db: Db,
    private readonly routing: Routing,
    private readonly contacts: Contacts,
    private readonly thread: Thread,
    private readonly steps: HandlerSteps,
  ) {}

  /** A human takes the conversation over. @throws NotFound, Conflict when it is closed */
  takeOver(tenantId: string, id: string): Promise<Row> {
    return this.change(tenantId, id, (tx, row) =>
      this.steps.apply(tx, this.open(row), 'human-took-over', row.createdAt),
    );
  }

  /** Gives it back: to the AI where the tenant's AI is on, else to nobody; a waiting text is answered at once. */
  release(tenantId: string, id: string): Promise<Row> {
    return this.change(tenantId, id, async (tx, row) => {
      this.steps.bar(tx, id, false);
      const aiEnabled = this.routing.tenant(tenantId)?.settings.aiEnabled === true;
      const event = aiEnabled ? 'released-to-ai' : 'released';
      return this.steps.apply(tx, { ...this.open(row), aiBarred: false }, event, await tx.now());
    });
  }

  /** Closes it; automatic texts that wait are canceled. @throws NotFound */
  close(tenantId: string, id: string): Promise<Row> {
    return this.change(tenantId, id, async (tx, row) => {
      if (row.status === 'open') await this.steps.close(tx, row);
    });
  }

  /** Opens it again. @throws NotFound */
  reopen(tenantId: string, id: string): Promise<Row> {
    return this.change(tenantId, id, (tx) => tx.send(REOPEN, [tenantId, id]));
  }

  private change(
    tenantId: string,
    id: string,
    work: (tx: Tx, row: Row) => Promise<unknown> | void,
  ): Promise<Row> {
    return this.db.transaction(tenantId, async (tx) => {
      await this.contacts.hold(tx, await this.thread.contactOf(tx, id));
      await work(tx, await this.thread.lock(tx, id));
      return this.thread.lock(tx, id);
    });
  }

  private open(row: Row): Row {
    if (row.status === 'closed')
      throw new Conflict('conversation-closed', 'This conversation is closed. Reopen it first.');
    return row;
  }
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Contacts } from '#libs/contacts';
import { Jobs } from '#libs/durable';
import { Db } from '#libs/platform';

import { COLUMNS } from '../conversation-view.js';
import { Thread, type Row } from '../thread.js';
import { HandlerSteps } from './handler-steps.js';

const MOST_AT_ONCE = 100;

const WHOSE = `
  select contact_id as "contactId" from conversations
  where tenant_id = $1 and id = $2 and status = 'open' and ai_takeover_at <= clock_timestamp()`;
/** Those that somebody holds right now are left to their own alarms, which wait for them. */
const HOLD_OTHERS = `
  select id from contacts where tenant_id = $1 and id in (
    select contact_id from conversations where tenant_id = $1 and status = 'open' and ai_takeover_at <= clock_timestamp()
    order by ai_takeover_at limit ${MOST_AT_ONCE})
  for share skip locked`;
const LOCK_OTHERS = `
  select ${COLUMNS} from conversations
  where tenant_id = $1 and id <> $2 and status = 'open' and ai_takeover_at <= clock_timestamp() and contact_id = any($3::uuid[])
  for update skip locked`;

/** The timer of `ai_takeover_at`: whoever wakes up first hands every due conversation of the tenant to the AI, where that is on. */
@Injectable()
export class TakeoverJob implements OnModuleInit {
  constructor(
    private readonly db: Db,
    private readonly jobs: Jobs,
    private readonly contacts: Contacts,
    private readonly thread: Thread,
    private readonly steps: HandlerSteps,
  ) {}

  onModuleInit(): void {
    this.jobs.handle('conversations.takeover', ({ tenantId = '', conversationId = '' }) =>
      this.handOver(tenantId, conversationId),
    );
  }

  private async handOver(tenantId: string, id: string): Promise<void> {
    await this.db.transaction(tenantId, async (tx) => {
      const whose = await tx.one<{ contactId: string }>(WHOSE, [tenantId, id]);
      if (whose === undefined) return;
      await this.contacts.hold(tx, whose.contactId);
      const own = await this.thread.lock(tx, id);
      const now = await tx.now();
      const held = await tx.query<{ id: string }>(HOLD_OTHERS, [tenantId]);
      const contacts = held.map((contact) => contact.id);
      const others = await tx.query<Row>(LOCK_OTHERS, [tenantId, id, contacts]);
      const due = this.isDue(own, now) ? [own, ...others] : others;
      const event = (await this.steps.isAiOff(tx)) ? 'ai-off' : 'takeover-due';
      await this.steps.applyAll(tx, due, event, now);
    });
  }

  private isDue({ status, aiTakeoverAt }: Row, now: Date): boolean {
    return status === 'open' && aiTakeoverAt !== null && aiTakeoverAt <= now;
  }
}

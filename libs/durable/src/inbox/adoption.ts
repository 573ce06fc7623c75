import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Db, isOutage } from '#libs/platform';

import { EventKeeper, Foreign, NOT_YOURS } from './event-keeper.js';
import { Jobs } from '../jobs/jobs.js';
import { ADOPT, READ, SETTLE, type InboxEvent, type Stored } from './webhook-events.js';

const UNOWNED_RETRY_MS = [1_000, 5_000, 30_000, 120_000];

type End = readonly [verdict: 'applied' | 'failed' | 'dropped', error: string | null];

/**
 * Applies events that came before the call or message that they are about, once their owner is known. The owner's
 * part is a transaction of the owner's; an end that is lost with the process is reached again, for applying twice
 * changes nothing.
 */
@Injectable()
export class Adoption implements OnModuleInit {
  private ownerOf: (sid: string, accountSid: string) => Promise<string | null> = () => Promise.resolve(null);

  constructor(
    private readonly db: Db,
    private readonly jobs: Jobs,
    private readonly keeper: EventKeeper,
  ) {}

  onModuleInit(): void {
    this.jobs.handle(ADOPT, ({ eventId = '', attempt }) => this.adopt(eventId, Number(attempt)));
  }

  /** Says how a SID's tenant is found, for events that came before their parent. */
  findOwnersBy(ownerOf: (sid: string, accountSid: string) => Promise<string | null>): void {
    this.ownerOf = ownerOf;
  }

  private async adopt(eventId: string, attempt: number): Promise<void> {
    const event = await this.db.system('inbox', (tx) => tx.one<Stored>(READ, [eventId]));
    if (event?.verdict !== 'unowned') return;
    const tenantId = await this.ownerOf(event.sid, event.accountSid);
    if (tenantId === null) return this.waitForOwner(eventId, attempt);
    const end = await this.applied({ ...event, tenantId }, tenantId);
    await this.db.system('inbox', (tx) => tx.query(SETTLE, [eventId, ...end, tenantId]));
  }

  /** Applies in the owner's own transaction. @throws when the database is away */
  private async applied(event: InboxEvent, tenantId: string): Promise<End> {
    try {
      await this.db.transaction(tenantId, (tx) => this.keeper.apply(tx, event));
      return ['applied', null];
    } catch (error) {
      if (isOutage(error)) throw error;
      if (error instanceof Foreign) return ['dropped', NOT_YOURS];
      return ['failed', String(error).slice(0, 500)];
    }
  }

  private async waitForOwner(eventId: string, attempt: number): Promise<void> {
    const inMs = UNOWNED_RETRY_MS[attempt];
    await this.db.system('inbox', (tx) => {
      if (inMs === undefined) tx.send(SETTLE, [eventId, 'dropped', 'nobody knows this SID', null]);
      else this.jobs.add(tx, ADOPT, { eventId, attempt: String(attempt + 1) }, { inMs });
    });
  }
}

import { Injectable } from '@nestjs/common';
import { Db, NotFound } from '#libs/platform';

import { EventKeeper } from './event-keeper.js';
import { READ, SETTLE, type Stored } from './webhook-events.js';

/** Webhook events that could not be applied: a human has them replayed, or gives them up. */
@Injectable()
export class FailedEvents {
  constructor(
    private readonly db: Db,
    private readonly keeper: EventKeeper,
  ) {}

  /** Applies a failed event again. @throws NotFound when the tenant has no such failed event. */
  async replay(tenantId: string, id: string): Promise<void> {
    await this.db.transaction(tenantId, async (tx) => {
      const event = await tx.one<Stored>(`${READ} and tenant_id = $2 for update`, [id, tenantId]);
      if (event?.verdict !== 'failed') throw new NotFound();
      await this.keeper.apply(tx, event);
      tx.send(SETTLE, [id, 'applied', null, null]);
    });
  }

  /** Gives a failed event up, visibly. @throws NotFound as above. */
  async discard(tenantId: string, id: string): Promise<void> {
    const settled = await this.db.transaction(tenantId, (tx) =>
      tx.one(`${SETTLE} and tenant_id = $5 and verdict = 'failed' returning id`, [
        id,
        'discarded',
        null,
        null,
        tenantId,
      ]),
    );
    if (settled === undefined) throw new NotFound();
  }
}

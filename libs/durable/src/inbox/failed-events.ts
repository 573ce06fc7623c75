import { Injectable } from '@nestjs/common';
import { Db, isOutage, NotFound, Rejected, Tx } from '#libs/platform';

import { EventKeeper, Foreign, NOT_YOURS } from './event-keeper.js';
import { Jobs } from '../jobs/jobs.js';
import { inReachOf } from '../reach.js';
import { ADOPT, READ, SETTLE, type Stored } from './webhook-events.js';

const FAILED = `${READ} and verdict = 'failed' and ($2::uuid is null or tenant_id = $2::uuid)`;
/** It is nobody's yet, and looks for its owner again. */
const RETURN = `update webhook_events set verdict = 'unowned', error = null, attempts = attempts + 1
  where id = $1 and verdict = 'failed' and tenant_id is null returning id`;

/**
 * Webhook events that could not be applied: a human has them replayed, or gives them up. A tenant sees its own; with
 * null for the tenant, the operator sees all.
 */
@Injectable()
export class FailedEvents {
  constructor(
    private readonly db: Db,
    private readonly keeper: EventKeeper,
    private readonly jobs: Jobs,
  ) {}

  /**
   * Applies a failed event again; one without an owner looks for it again.
   * @throws NotFound when there is no such failed event; Rejected, with the reason, when it fails again, or turns out
   *   to be somebody else's, and is then dropped
   */
  async replay(tenantId: string | null, id: string): Promise<void> {
    const event = await this.find(tenantId, id);
    if (event.tenantId === null) return this.lookForOwner(id);
    const owner = event.tenantId;
    try {
      await this.db.transaction(owner, (tx) => this.apply(tx, id));
    } catch (error) {
      if (error instanceof NotFound || isOutage(error)) throw error;
      await this.noteFailure(owner, id, error);
      if (error instanceof Foreign) throw new Rejected('not-yours', `It was dropped: it is ${NOT_YOURS}.`);
      throw new Rejected('replay-failed', `It failed again. ${String(error).slice(0, 500)}`);
    }
  }

  /** Gives a failed event up, visibly. @throws NotFound as above. */
  async discard(tenantId: string | null, id: string): Promise<void> {
    const { tenantId: owner } = await this.find(tenantId, id);
    const settled = await inReachOf(this.db, owner, (tx) =>
      tx.one(`${SETTLE} and verdict = 'failed' returning id`, [id, 'discarded', null, null]),
    );
    if (settled === undefined) throw new NotFound();
  }

  private async find(tenantId: string | null, id: string): Promise<Stored> {
    const event = await inReachOf(this.db, tenantId, (tx) => tx.one<Stored>(FAILED, [id, tenantId]));
    if (event === undefined) throw new NotFound();
    return event;
  }

  private async apply(tx: Tx, id: string): Promise<void> {
    const event = await tx.one<Stored>(`${FAILED} for update`, [id, tx.tenantId]);
    if (event === undefined) throw new NotFound();
    await this.keeper.apply(tx, event);
    tx.send(SETTLE, [id, 'applied', null, null]);
  }

  private async lookForOwner(id: string): Promise<void> {
    await this.db.system('dead-letters', async (tx) => {
      if ((await tx.one(RETURN, [id])) === undefined) throw new NotFound();
      this.jobs.add(tx, ADOPT, { eventId: id, attempt: '0' });
    });
  }

  private async noteFailure(owner: string, id: string, error: unknown): Promise<void> {
    const end = error instanceof Foreign ? 'dropped' : 'failed';
    const why = error instanceof Foreign ? NOT_YOURS : String(error).slice(0, 500);
    await this.db.transaction(owner, (tx) => {
      tx.send(SETTLE, [id, end, why, null]);
    });
  }
}

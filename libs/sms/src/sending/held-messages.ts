import { Injectable } from '@nestjs/common';
import { Conflict, Db, Log, NotFound } from '#libs/platform';

import { loadSend } from './send-row.js';
import { Sends } from './sends.js';

/** Whoever has it sent again knows how old it is: it is due anew. */
const DUE_ANEW =
  'update messages set send_at = to_timestamp($3::float8 / 1000) where tenant_id = $1 and id = $2';

/** Messages of which nobody can tell whether they left: a human decides. */
@Injectable()
export class HeldMessages {
  constructor(
    private readonly db: Db,
    private readonly sends: Sends,
    private readonly log: Log,
  ) {}

  /** A human's word on a held message. @throws NotFound, Conflict when it is not held */
  async resolve(tenantId: string, id: string, as: 'resend' | 'discard'): Promise<void> {
    await this.db.transaction(tenantId, async (tx) => {
      const loaded = await loadSend(tx, id);
      if (loaded === undefined) throw new NotFound('message');
      const resolved = await this.sends.apply(tx, loaded, { kind: 'resolved', at: loaded.now, as });
      if (resolved === null) throw new Conflict('not-held', 'Only a held message waits for this.');
      if (as === 'resend') tx.send(DUE_ANEW, [tenantId, id, loaded.now]);
      this.log.info('a held message was resolved', { messageId: id, as });
    });
  }
}

import { Injectable } from '@nestjs/common';
import { Conflict, Db, Log, NotFound } from '#libs/platform';

import { loadSend } from './send-row.js';
import { Sends } from './sends.js';

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
      this.log.info('a held message was resolved', { messageId: id, as });
    });
  }
}

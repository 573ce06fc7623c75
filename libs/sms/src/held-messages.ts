import { Injectable } from '@nestjs/common';
import { Conflict, Db, Log, NotFound } from '#libs/platform';

import { SendAlarm } from './send-alarm.js';

const RESOLVE = `
  update messages set status = $3, send_at = clock_timestamp() where tenant_id = $1 and id = $2 and status = 'held'
  returning conversation_id as "conversationId"`;

/** Messages of which nobody can tell whether they left: a human decides. */
@Injectable()
export class HeldMessages {
  constructor(
    private readonly db: Db,
    private readonly alarm: SendAlarm,
    private readonly log: Log,
  ) {}

  /** A human's word on a held message. @throws NotFound, Conflict when it is not held */
  async resolve(tenantId: string, id: string, as: 'resend' | 'discard'): Promise<void> {
    await this.db.transaction(tenantId, async (tx) => {
      const known = await tx.one('select 1 from messages where tenant_id = $1 and id = $2', [tenantId, id]);
      if (known === undefined) throw new NotFound('message');
      const status = as === 'resend' ? 'queued' : 'failed';
      const row = await tx.one<{ conversationId: string }>(RESOLVE, [tenantId, id, status]);
      if (row === undefined) throw new Conflict('not-held', 'Only a held message waits for this.');
      this.log.info('a held message was resolved', { messageId: id, as });
      if (as === 'resend') this.alarm.set(tx, row.conversationId);
    });
  }
}

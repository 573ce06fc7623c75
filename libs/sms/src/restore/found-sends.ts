import { Injectable } from '@nestjs/common';
import { Db, Tx } from '#libs/platform';
import { SidDirectory } from '#libs/twilio';

import { CLOCKS_APART_MS, sentWords } from '../settling/evidence.domain.js';
import { loadSend } from '../sending/send-row.js';
import { Sends } from '../sending/sends.js';
import { Strays, type Stray } from './strays.js';

/** The oldest text of ours that a listed message may be: under way first, then those that wait, in their order. */
const LIKE = `
  select m.id from messages m join contacts c on c.tenant_id = m.tenant_id and c.id = m.contact_id
  where m.tenant_id = $1 and c.number = $2 and m.phone_number_id = $3 and m.body in ($4, $6) and m.direction = 'outbound'
    and m.message_sid is null and m.status in ('queued', 'sending', 'held') and m.created_at <= $5
  order by (m.status = 'queued'), m.send_at, m.id limit 1`;

const oldestFirst = (a: Stray, b: Stray): number => a.sentAt.getTime() - b.sentAt.getTime();

/** Finds, after a restore, which texts of ours a list of Twilio's shows as sent. */
@Injectable()
export class FoundSends {
  constructor(
    private readonly db: Db,
    private readonly sends: Sends,
    private readonly sids: SidDirectory,
    private readonly strays: Strays,
  ) {}

  /** Binds what is ours, oldest to oldest, and keeps the rest; again changes nothing. */
  async keep(tenantId: string, listed: readonly Stray[]): Promise<void> {
    const known = await this.sids.known(listed.map(({ sid }) => sid));
    for (const one of listed.toSorted(oldestFirst)) {
      if (one.direction === 'outbound' && known.has(one.sid)) continue;
      await this.db.transaction(tenantId, (tx) => this.bindOrKeep(tx, one));
    }
  }

  private async bindOrKeep(tx: Tx, stray: Stray): Promise<void> {
    if (stray.direction === 'outbound' && (await this.isBound(tx, stray))) return;
    this.strays.keep(tx, stray);
  }

  private async isBound(
    tx: Tx,
    { sid, customerNumber, phoneNumberId, body, sentAt }: Stray,
  ): Promise<boolean> {
    const latest = new Date(sentAt.getTime() + CLOCKS_APART_MS);
    const words = body === null ? null : sentWords(body);
    const values = [tx.tenantId, customerNumber, phoneNumberId, body, latest, words];
    const like = await tx.one<{ id: string }>(LIKE, values);
    const loaded = like === undefined ? undefined : await loadSend(tx, like.id);
    if (loaded === undefined) return false;
    return (await this.sends.apply(tx, loaded, { kind: 'found', at: loaded.now, sid })) !== null;
  }
}

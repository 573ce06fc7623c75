import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Adoption, Foreign } from '#libs/durable';
import { Db, Tx } from '#libs/platform';

import type { SidOwner } from './number-directory.js';

const OWNER = 'select tenant_id as "tenantId", account_sid as "accountSid" from twilio_sids where sid = $1';
const KNOWN = 'select sid from twilio_sids where sid = any($1)';
const CLAIM = `
  insert into twilio_sids (sid, tenant_id, account_sid, kind, subject_id) values ($1, $2, $3, $4, $5)
  on conflict (sid) do nothing returning sid`;

/** Which tenant and account a SID belongs to: unique over all tenants. */
@Injectable()
export class SidDirectory implements OnModuleInit {
  constructor(
    private readonly db: Db,
    private readonly adoption: Adoption,
  ) {}

  onModuleInit(): void {
    this.adoption.findOwnersBy(async (sid, accountSid) => {
      const owner = await this.ownerOf(sid);
      return owner?.accountSid === accountSid ? owner.tenantId : null;
    });
  }

  /** Who owns a SID; undefined while nobody does. */
  ownerOf(sid: string): Promise<SidOwner | undefined> {
    return this.db.system('sid-lookup', (tx) => tx.one<SidOwner & Record<string, unknown>>(OWNER, [sid]));
  }

  /** Those of these SIDs that belong to somebody. */
  async known(sids: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.db.system('sid-lookup', (tx) => tx.query<{ sid: string }>(KNOWN, [sids]));
    return new Set(rows.map(({ sid }) => sid));
  }

  /**
   * Claims a SID in the caller's transaction; again is fine.
   * @throws Foreign when it belongs to somebody else
   */
  async claim(
    tx: Tx,
    sid: string,
    what: {
      readonly accountSid: string;
      readonly kind: 'call' | 'leg' | 'message';
      readonly subjectId: string;
    },
  ): Promise<void> {
    const made = await tx.one(CLAIM, [sid, tx.tenantId, what.accountSid, what.kind, what.subjectId]);
    if (made !== undefined) return;
    const owner = await tx.one<SidOwner & Record<string, unknown>>(OWNER, [sid]);
    if (owner?.accountSid !== what.accountSid) throw new Foreign(sid);
  }
}

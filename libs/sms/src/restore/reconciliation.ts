import { Injectable } from '@nestjs/common';
import { Db } from '#libs/platform';
import { Routing } from '#libs/tenants';
import { Telephony, type ListedMessage } from '#libs/twilio';

import { FoundSends } from './found-sends.js';
import { RestoreNews } from './restore-news.js';
import type { Stray } from './strays.js';

/** A process that died over a list leaves it to another after this long. */
const LEASE = '2 minutes';
const AGAIN = '10 seconds';

const TAKE = `
  update restores set lease_until = clock_timestamp() + interval '${LEASE}'
  where reconciled_at is null and (lease_until is null or lease_until < clock_timestamp())
  returning id, account_sid as "accountSid", since`;
const RELEASE = `update restores set reconciled_at = clock_timestamp() where id = $1 and account_sid = $2`;
const LEAVE = `
  update restores set lease_until = clock_timestamp() + interval '${AGAIN}' where id = $1 and account_sid = $2`;

interface Restore extends Record<string, unknown> {
  readonly id: string;
  readonly accountSid: string;
  /** When the database went back to, less a margin. */
  readonly since: Date;
}

/**
 * After a restore: compares each account with what Twilio says was sent since, binds what is ours, keeps the rest as
 * strays, and lets the account send again.
 */
@Injectable()
export class Reconciliation {
  private running = false;

  constructor(
    private readonly db: Db,
    private readonly routing: Routing,
    private readonly telephony: Telephony,
    private readonly found: FoundSends,
    private readonly news: RestoreNews,
  ) {}

  /** Compares every account that waits for it. @throws when the database is away; the leases end by themselves */
  async look(): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      const due = await this.db.system('sends', (tx) => tx.query<Restore>(TAKE));
      await Promise.all(due.map((restore) => this.reconcile(restore)));
    } finally {
      this.running = false;
    }
  }

  private async reconcile(restore: Restore): Promise<void> {
    const { id, accountSid, since } = restore;
    try {
      const byTenant = new Map<string, Stray[]>();
      for await (const page of this.telephony.messagesSince(accountSid, since)) this.sort(page, byTenant);
      for (const [tenantId, listed] of byTenant) await this.found.keep(tenantId, listed);
      await this.db.system('sends', (tx) => tx.query(RELEASE, [id, accountSid]));
      this.news.reconciled(accountSid);
    } catch (error) {
      this.news.notReconciled(accountSid, String(error));
      await this.db.system('sends', (tx) => tx.query(LEAVE, [id, accountSid]));
    }
  }

  /** By tenant; a number that is not ours is somebody else's affair. */
  private sort(page: readonly ListedMessage[], byTenant: Map<string, Stray[]>): void {
    for (const { sid, direction, from, to, body, numMedia, createdAt } of page) {
      const [ours, customerNumber] = direction === 'inbound' ? [to, from] : [from, to];
      const route = this.routing.routeTo(ours);
      if (route === undefined) continue;
      const strays = byTenant.get(route.tenant.id) ?? [];
      byTenant.set(route.tenant.id, strays);
      strays.push({
        sid,
        phoneNumberId: route.number.id,
        customerNumber,
        direction,
        body: body === '' && numMedia === 0 ? null : body,
        sentAt: createdAt ?? new Date(),
      });
    }
  }
}

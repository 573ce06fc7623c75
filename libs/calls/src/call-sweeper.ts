import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Configuration, Db, Log } from '#libs/platform';
import { GapImport } from '#libs/twilio';

import { Calls } from './calls.js';
import { OVERDUE_SECONDS } from './sweep.domain.js';

const EVERY_MS = 5_000;
const OVERDUE = `
  select id, tenant_id as "tenantId" from calls
  where judge_at < clock_timestamp() - interval '${OVERDUE_SECONDS} seconds' and ($1::text[] is null or account_sid = any($1))
  order by judge_at limit 200`;

/** Closes calls that nobody told the end of; after a start not before Twilio's own list was asked. */
@Injectable()
export class CallSweeper {
  private sweeping = false;

  constructor(
    private readonly settings: Configuration,
    private readonly db: Db,
    private readonly calls: Calls,
    private readonly gaps: GapImport,
    private readonly log: Log,
  ) {}

  @Interval(EVERY_MS)
  async sweep(): Promise<void> {
    if (!this.settings.works || this.sweeping) return;
    this.sweeping = true;
    try {
      const overdue = await this.db.system('sweeper', (tx) =>
        tx.query<{ id: string; tenantId: string }>(OVERDUE, [this.gaps.healed]),
      );
      for (const { tenantId, id } of overdue) await this.calls.judgeAgain(tenantId, id, 'swept');
    } catch (error) {
      this.log.warn('the sweep of calls waits', { error: String(error) });
    } finally {
      this.sweeping = false;
    }
  }
}

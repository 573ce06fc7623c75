import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Configuration, Log } from '#libs/platform';
import { GapImport } from '#libs/twilio';

import { Calls } from './calls.js';

const EVERY_MS = 5_000;

/** Closes calls that nobody told the end of; after a start not before Twilio's own list was asked. */
@Injectable()
export class CallSweeper {
  private sweeping = false;

  constructor(
    private readonly settings: Configuration,
    private readonly calls: Calls,
    private readonly gaps: GapImport,
    private readonly log: Log,
  ) {}

  @Interval(EVERY_MS)
  async sweep(): Promise<void> {
    if (!this.settings.works || this.sweeping) return;
    this.sweeping = true;
    try {
      for (const { tenantId, id } of await this.calls.overdue(this.gaps.healed))
        await this.calls.judgeAgain(tenantId, id, 'swept');
    } catch (error) {
      this.log.warn('the sweep of calls waits', { error: String(error) });
    } finally {
      this.sweeping = false;
    }
  }
}

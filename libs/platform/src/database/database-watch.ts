import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';

import { Db } from './db.js';
import { Log } from '../log.js';
import { Metrics } from '../metrics.js';
import { within } from '../waiting.js';

const EVERY_MS = 1_000;
const WITHIN_MS = 1_000;

/** A timer that comes so much later than it should says that we were the slow ones. */
const LATE_MS = 250;

/** Notices a database that hangs before a caller waits for it in vain, and tells when it goes and comes. */
@Injectable()
export class DatabaseWatch implements OnModuleInit {
  private asking = false;

  constructor(
    private readonly db: Db,
    private readonly log: Log,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    this.db.whenAway((away) => {
      this.metrics.databaseAway.set(away ? 1 : 0);
      if (away)
        this.log.error('the database is away: calls are answered from memory, events go to the spool');
      else this.log.info('the database is back');
    });
  }

  @Interval(EVERY_MS)
  async ask(): Promise<void> {
    if (this.asking || this.db.away || !this.db.connected) return;
    this.asking = true;
    const startedAt = performance.now();
    const asked = this.db.answers().catch(() => null);
    const answer = await within(asked, WITHIN_MS);
    const wasLate = performance.now() - startedAt > WITHIN_MS + LATE_MS;
    if (answer === 'late' && !wasLate) this.db.hangs();
    this.asking = false;
  }
}

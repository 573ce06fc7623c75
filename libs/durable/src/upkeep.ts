import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Cron, CronExpression } from '@nestjs/schedule';
import { Configuration, Db, Log } from '#libs/platform';

const PARTITIONED = ['webhook_events', 'events', 'decisions', 'message_statuses'];
const MONTHS_AHEAD = 3;

/** Daily chores: next months' partitions, and keys that have served their time. */
@Injectable()
export class Upkeep implements OnApplicationBootstrap {
  constructor(
    private readonly settings: Configuration,
    private readonly db: Db,
    private readonly log: Log,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.daily();
  }

  @Cron(CronExpression.EVERY_DAY_AT_3AM)
  async daily(): Promise<void> {
    if (!this.settings.works) return;
    try {
      await this.db.system('partitions', async (tx) => {
        for (const parent of PARTITIONED)
          await tx.query('select ensure_partitions($1, $2)', [parent, MONTHS_AHEAD]);
        await tx.query("delete from idempotency_keys where created_at < now() - interval '24 hours'");
      });
    } catch (error) {
      this.log.error('the daily chores failed and are tried tomorrow', error);
    }
  }
}

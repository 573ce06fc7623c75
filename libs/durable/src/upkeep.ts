import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Cron, CronExpression } from '@nestjs/schedule';
import { Configuration, Db, inContext, isOutage, Log, newId } from '#libs/platform';

const PARTITIONED = ['webhook_events', 'events', 'decisions', 'message_statuses'];
const MONTHS_AHEAD = 3;

/** Hourly chores, for a hub may have started without its database: next months' partitions, and keys that have served. */
@Injectable()
export class Upkeep implements OnApplicationBootstrap {
  constructor(
    private readonly settings: Configuration,
    private readonly db: Db,
    private readonly log: Log,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.run();
  }

  @Cron(CronExpression.EVERY_HOUR)
  async run(): Promise<void> {
    if (!this.settings.works) return;
    try {
      await inContext({ requestId: newId(), lane: 'jobs' }, () => this.chores());
    } catch (error) {
      if (isOutage(error)) this.log.warn('the database is away: the chores are tried in an hour');
      else this.log.error('the chores failed and are tried in an hour', error);
    }
  }

  private chores(): Promise<void> {
    return this.db.system('partitions', async (tx) => {
      for (const parent of PARTITIONED)
        await tx.query('select ensure_partitions($1, $2)', [parent, MONTHS_AHEAD]);
      await tx.query("delete from idempotency_keys where created_at < now() - interval '24 hours'");
    });
  }
}

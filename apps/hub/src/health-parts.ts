import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { Snapshot } from '#libs/durable';
import { Configuration, Db } from '#libs/platform';
import { TwilioHealth } from '#libs/twilio';

const WITHIN_MS = 2_500;
const NO_SPOOL = 'events are kept in PostgreSQL only';

const within = <T>(work: Promise<T>): Promise<T> =>
  Promise.race([
    work,
    new Promise<never>((_, fail) =>
      setTimeout(() => fail(new Error('no answer in time')), WITHIN_MS).unref(),
    ),
  ]);

/** The parts, each asked with a time limit. */
@Injectable()
export class HealthParts {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly db: Db,
    private readonly snapshot: Snapshot,
    private readonly twilio: TwilioHealth,
    private readonly settings: Configuration,
  ) {}

  get loaded(): boolean {
    return this.snapshot.loaded;
  }

  async unreadiness(): Promise<string | null> {
    if (!this.snapshot.loaded) return 'the routing is not loaded';
    return this.answers().then(
      () => null,
      () => 'the database is away, and there is no spool yet',
    );
  }

  async database(): Promise<HealthIndicatorResult> {
    const check = this.indicators.check('database');
    return this.answers().then(
      () => check.up(),
      (error: unknown) => check.down({ reason: error instanceof Error ? error.message : 'away' }),
    );
  }

  async jobs(): Promise<HealthIndicatorResult> {
    const check = this.indicators.check('jobs');
    const count =
      'select count(*)::int as dead from graphile_worker._private_jobs where attempts >= max_attempts';
    return within(this.db.system('dead-letters', (tx) => tx.one<{ dead: number }>(count))).then(
      (row) => check.up({ dead: row?.dead ?? 0 }),
      () => check.down({ reason: 'cannot be counted' }),
    );
  }

  others(): (() => HealthIndicatorResult)[] {
    const { settings, twilio } = this;
    const configured = (name: string, url: string | undefined): HealthIndicatorResult =>
      this.indicators.check(name).up({ configured: url !== undefined });
    return [
      () => this.indicators.check('spool').up({ note: NO_SPOOL }),
      () =>
        this.indicators
          .check('twilio')
          .up({ degraded: twilio.state.status !== 'ok', failing: twilio.state.failing.length }),
      () => configured('ai', settings.DISPATCH_BOT_URL),
      () => configured('callService', settings.AS_CALL_SERVICE_URL),
    ];
  }

  private answers(): Promise<unknown> {
    return within(this.db.system('dead-letters', (tx) => tx.one('select 1 as one')));
  }
}

import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { DeadLetters, Snapshot, Spool } from '#libs/durable';
import { Db } from '#libs/platform';

const WITHIN_MS = 2_500;

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
    private readonly spool: Spool,
    private readonly letters: DeadLetters,
  ) {}

  get loaded(): boolean {
    return this.snapshot.loaded;
  }

  /** Why no webhook should come here; null when calls can be answered and events be kept, on disk if need be. */
  async unreadiness(): Promise<string | null> {
    if (!this.snapshot.loaded) return 'the routing is not loaded';
    if (this.spool.fault === null) return null;
    return this.answers().then(
      () => null,
      () => 'the database is away, and the spool takes no events',
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
    return within(this.letters.count()).then(
      (dead) => check.up({ dead }),
      () => check.down({ reason: 'cannot be counted' }),
    );
  }

  spooling(): HealthIndicatorResult {
    const check = this.indicators.check('spool');
    const { fault, size, high } = this.spool;
    return fault === null ? check.up({ ...size, degraded: high }) : check.down({ reason: fault, ...size });
  }

  private answers(): Promise<unknown> {
    return within(this.db.system('probe', (tx) => tx.one('select 1 as one')));
  }
}

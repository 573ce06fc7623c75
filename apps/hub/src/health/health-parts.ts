import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { DeadLetters, Snapshot, Spool } from '#libs/durable';
import { Db, within } from '#libs/platform';

const WITHIN_MS = 2_500;

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
    return (await this.silence()) === null ? null : 'the database is away, and the spool takes no events';
  }

  async database(): Promise<HealthIndicatorResult> {
    const check = this.indicators.check('database');
    const reason = await this.silence();
    return reason === null ? check.up() : check.down({ reason });
  }

  async jobs(): Promise<HealthIndicatorResult> {
    const check = this.indicators.check('jobs');
    const dead = await within(this.letters.count(), WITHIN_MS).catch(() => 'late' as const);
    return dead === 'late' ? check.down({ reason: 'cannot be counted' }) : check.up({ dead });
  }

  spooling(): HealthIndicatorResult {
    const check = this.indicators.check('spool');
    const { fault, size, high } = this.spool;
    return fault === null ? check.up({ ...size, degraded: high }) : check.down({ reason: fault, ...size });
  }

  /** Why the database is of no use; null when it answers, over a connection of its own: screens may keep theirs busy. */
  private async silence(): Promise<string | null> {
    if (this.db.away) return 'it is away';
    const answer = await within(
      this.db.answers().then(
        () => null,
        (error: unknown) => (error instanceof Error ? error.message : 'away'),
      ),
      WITHIN_MS,
    );
    return answer === 'late' ? 'no answer in time' : answer;
  }
}

import { Controller, Get, HttpCode, Injectable, Res } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';
import { Snapshot } from '#libs/durable';
import { Public } from '#libs/identity';
import { Configuration, Db } from '#libs/platform';
import { TwilioHealth } from '#libs/twilio';

import { Lifecycle } from './lifecycle.js';

const WITHIN_MS = 2_500;
const NO_SPOOL = 'events are kept in PostgreSQL only';

const within = <T>(work: Promise<T>): Promise<T> =>
  Promise.race([
    work,
    new Promise<never>((_, fail) =>
      setTimeout(() => fail(new Error('no answer in time')), WITHIN_MS).unref(),
    ),
  ]);

/** What the health looks at beside the database. */
@Injectable()
export class OutsideParts {
  constructor(
    readonly settings: Configuration,
    readonly twilio: TwilioHealth,
    readonly lifecycle: Lifecycle,
  ) {}
}

/** The parts, each asked with a time limit. */
@Injectable()
export class HealthParts {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly db: Db,
    private readonly snapshot: Snapshot,
    private readonly outside: OutsideParts,
  ) {}

  get loaded(): boolean {
    return this.snapshot.loaded;
  }

  async unreadiness(): Promise<string | null> {
    if (this.outside.lifecycle.stopping) return 'stopping';
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
    const { settings, twilio } = this.outside;
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

/** Probes, without authentication. Liveness is the event loop alone; nothing here restarts us for another's fault. */
@Controller('health')
@Public()
@ApiExcludeController()
export class HealthController {
  constructor(
    private readonly terminus: HealthCheckService,
    private readonly parts: HealthParts,
  ) {}

  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** 200 while calls can be answered and an accepted event can be kept. */
  @Get('ready')
  async ready(@Res({ passthrough: true }) response: Response): Promise<{ status: string; reason?: string }> {
    const reason = await this.parts.unreadiness();
    if (reason === null) return { status: 'ok' };
    response.status(503);
    return { status: 'unavailable', reason };
  }

  /** Every part's state; always 200. */
  @Get()
  @HttpCode(200)
  async all(): Promise<{ status: string; checks: Record<string, unknown> }> {
    const found = await this.terminus
      .check([() => this.parts.database(), () => this.parts.jobs(), ...this.parts.others()])
      .then(({ details }) => details)
      .catch((error: { response?: { details?: HealthIndicatorResult } }) => error.response?.details ?? {});
    const states = Object.entries(found).map(([name, { status, ...rest }]) => [
      name,
      { status: status === 'up' ? 'ok' : 'down', ...rest },
    ]);
    const checks = Object.fromEntries(states) as Record<string, { status: string; degraded?: boolean }>;
    const poor = Object.values(checks).some(({ status, degraded }) => status !== 'ok' || degraded === true);
    return { status: this.parts.loaded ? (poor ? 'degraded' : 'ok') : 'down', checks };
  }
}

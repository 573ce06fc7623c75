import { Controller, Get, HttpCode, Res } from '@nestjs/common';
import { HealthCheckService, type HealthIndicatorResult } from '@nestjs/terminus';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';
import { Public } from '#libs/identity';

import { HealthNeighbours } from './health-neighbours.js';
import { HealthParts } from './health-parts.js';
import { Lifecycle } from '../lifecycle.js';

/** Probes, without authentication. Liveness is the event loop alone; nothing here restarts us for another's fault. */
@Controller('health')
@Public()
@ApiExcludeController()
export class HealthController {
  constructor(
    private readonly terminus: HealthCheckService,
    private readonly parts: HealthParts,
    private readonly neighbours: HealthNeighbours,
    private readonly lifecycle: Lifecycle,
  ) {}

  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** 200 while calls can be answered and an accepted event can be kept. */
  @Get('ready')
  async ready(@Res({ passthrough: true }) response: Response): Promise<{ status: string; reason?: string }> {
    const reason = this.lifecycle.stopping ? 'stopping' : await this.parts.unreadiness();
    if (reason === null) return { status: 'ok' };
    response.status(503);
    return { status: 'unavailable', reason };
  }

  /** Every part's state; always 200. */
  @Get()
  @HttpCode(200)
  async all(): Promise<{ status: string; checks: Record<string, unknown> }> {
    const found = await this.terminus
      .check([
        () => this.parts.database(),
        () => this.parts.spooling(),
        () => this.parts.jobs(),
        ...this.neighbours.all(),
      ])
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

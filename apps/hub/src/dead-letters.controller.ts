import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { DeadLetters } from '#libs/durable';
import { OperatorToo, ReachedTenant, RequireScope } from '#libs/identity';
import { IdPipe, PageQuery } from '#libs/platform';

import { DeadLetterPage } from './dead-letter.dto.js';

/** What stopped being tried, of a tenant; for the operator's key of all, and of nobody. It lives with the hub, since `durable` knows no keys. */
@ApiTags('dead-letters')
@ApiBearerAuth()
@Controller('v1')
@OperatorToo()
export class DeadLettersController {
  constructor(private readonly letters: DeadLetters) {}

  /** Jobs that failed for the last time and events that could not be applied, newest first. */
  @Get('dead-letters')
  @RequireScope('read')
  list(
    @ReachedTenant() tenantId: string | null,
    @Query() { limit, cursor }: PageQuery,
  ): Promise<DeadLetterPage> {
    return this.letters.list(tenantId, limit, cursor) as Promise<DeadLetterPage>;
  }

  /** Runs it again. An event that fails again is refused with 422 and says why; a job runs later. */
  @Post('dead-letters/:id/replay')
  @HttpCode(204)
  @RequireScope('admin')
  replay(@ReachedTenant() tenantId: string | null, @Param('id', IdPipe) id: string): Promise<void> {
    return this.letters.replay(tenantId, id);
  }

  /** Gives it up. */
  @Post('dead-letters/:id/discard')
  @HttpCode(204)
  @RequireScope('admin')
  discard(@ReachedTenant() tenantId: string | null, @Param('id', IdPipe) id: string): Promise<void> {
    return this.letters.discard(tenantId, id);
  }
}

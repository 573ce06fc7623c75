import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { CurrentTenant, RequireScope } from '#libs/identity';

import { csvOf } from './overview-csv.domain.js';
import { OverviewQuery, OverviewView } from './overview.dto.js';
import { Overview } from './overview.js';

@ApiTags('analytics')
@ApiBearerAuth()
@Controller('v1/analytics')
@RequireScope('read')
export class AnalyticsController {
  constructor(private readonly overview: Overview) {}

  /** Calls, texts and conversations of a period; with `Accept: text/csv` as two columns. */
  @Get('overview')
  @ApiProduces('application/json', 'text/csv')
  @ApiOkResponse({ type: OverviewView })
  async show(
    @CurrentTenant() tenantId: string,
    @Query() query: OverviewQuery,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<OverviewView | string> {
    const shown = await this.overview.of(tenantId, query);
    response.vary('Accept');
    if (request.accepts(['application/json', 'text/csv']) !== 'text/csv') return shown;
    response.type('text/csv');
    return csvOf({ ...shown, missed: { ...shown.missed }, byHandler: { ...shown.byHandler } });
  }
}

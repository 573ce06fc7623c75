import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { CurrentTenant, RequireScope } from '#libs/identity';
import { IdPipe } from '#libs/platform';

import { CallPage, CallQuery, CallView, DecisionsView } from './call.dto.js';
import { CallList } from './call-list.js';

@ApiTags('calls')
@ApiBearerAuth()
@Controller('v1/calls')
@RequireScope('read')
export class CallsController {
  constructor(private readonly calls: CallList) {}

  /** Calls, newest first. */
  @Get()
  list(@CurrentTenant() tenantId: string, @Query() query: CallQuery): Promise<CallPage> {
    return this.calls.list(tenantId, query) as Promise<CallPage>;
  }

  @Get(':id')
  get(@CurrentTenant() tenantId: string, @Param('id', IdPipe) id: string): Promise<CallView> {
    return this.calls.get(tenantId, id);
  }

  /** Why the call ended as it did, and why its caller was texted or not. */
  @Get(':id/decisions')
  decisions(@CurrentTenant() tenantId: string, @Param('id', IdPipe) id: string): Promise<DecisionsView> {
    return this.calls.decisionsOf(tenantId, id);
  }
}

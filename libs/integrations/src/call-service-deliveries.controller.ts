import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { CurrentTenant, RequireScope } from '#libs/identity';
import { IdPipe } from '#libs/platform';

import { CallServiceDeliveryPage, CallServiceDeliveryQuery } from './call-service-delivery.dto.js';
import { CallServiceDeliveryList } from './call-service-delivery-list.js';

@ApiTags('call-service-deliveries')
@ApiBearerAuth()
@Controller('v1/call-service-deliveries')
export class CallServiceDeliveriesController {
  constructor(private readonly shown: CallServiceDeliveryList) {}

  /** What AS-Call-Service was told, newest first; `status=dead` is what it never took. */
  @Get()
  @RequireScope('read')
  list(
    @CurrentTenant() tenantId: string,
    @Query() query: CallServiceDeliveryQuery,
  ): Promise<CallServiceDeliveryPage> {
    return this.shown.list(tenantId, query) as Promise<CallServiceDeliveryPage>;
  }

  /** Tries a dead one again, for three more days. */
  @Post(':id/replay')
  @HttpCode(204)
  @RequireScope('admin')
  replay(@CurrentTenant() tenantId: string, @Param('id', IdPipe) id: string): Promise<void> {
    return this.shown.replay(tenantId, id);
  }
}

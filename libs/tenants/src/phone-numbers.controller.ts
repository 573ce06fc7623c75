import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { CurrentTenant, RequireScope } from '#libs/identity';
import { IdPipe, Intent, PageQuery } from '#libs/platform';

import { PhoneNumbers } from './phone-numbers.js';
import { ChangePhoneNumber, CreatePhoneNumber, PhoneNumberPage, PhoneNumberView } from './tenant.dto.js';

@ApiTags('phone-numbers')
@ApiBearerAuth()
@Controller('v1/phone-numbers')
export class PhoneNumbersController {
  constructor(private readonly numbers: PhoneNumbers) {}

  /** Gives a tenant a number of a registered Twilio account. */
  @Post()
  @RequireScope('platform')
  create(@Body() body: CreatePhoneNumber, @Intent() intent: string): Promise<PhoneNumberView> {
    return this.numbers.create(body, intent);
  }

  @Get()
  @RequireScope('read')
  list(@CurrentTenant() tenantId: string, @Query() { limit, cursor }: PageQuery): Promise<PhoneNumberPage> {
    return this.numbers.list(tenantId, limit, cursor) as Promise<PhoneNumberPage>;
  }

  @Get(':id')
  @RequireScope('read')
  get(@CurrentTenant() tenantId: string, @Param('id', IdPipe) id: string): Promise<PhoneNumberView> {
    return this.numbers.get(tenantId, id);
  }

  /** Changes where calls go; every instance follows within 5 s. */
  @Patch(':id')
  @RequireScope('admin')
  change(
    @CurrentTenant() tenantId: string,
    @Param('id', IdPipe) id: string,
    @Body() body: ChangePhoneNumber,
  ): Promise<PhoneNumberView> {
    return this.numbers.change(tenantId, id, body);
  }
}

import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { ApiKeys, CreateApiKey, CurrentTenant, NewApiKeyView, RequireScope } from '#libs/identity';
import { Db, IdPipe, Intent, PageQuery } from '#libs/platform';

import {
  ChangeTenant,
  ChangeTenantAsOperator,
  CreateTenant,
  NewTenantView,
  TenantPage,
  TenantView,
} from './tenant.dto.js';
import { Tenants } from './tenants.js';

@ApiTags('tenants')
@ApiBearerAuth()
@Controller('v1')
export class TenantsController {
  constructor(
    private readonly tenants: Tenants,
    private readonly keys: ApiKeys,
    private readonly db: Db,
  ) {}

  /** Makes a tenant and its first key, whose secret is shown once. */
  @Post('tenants')
  @RequireScope('platform')
  create(@Body() body: CreateTenant, @Intent() intent: string): Promise<NewTenantView> {
    return this.tenants.create(body, intent);
  }

  @Get('tenants')
  @RequireScope('platform')
  list(@Query() { limit, cursor }: PageQuery): Promise<TenantPage> {
    return this.tenants.list(limit, cursor) as Promise<TenantPage>;
  }

  @Get('tenants/:id')
  @RequireScope('platform')
  get(@Param('id', IdPipe) id: string): Promise<TenantView> {
    return this.tenants.get(id);
  }

  @Patch('tenants/:id')
  @RequireScope('platform')
  change(@Param('id', IdPipe) id: string, @Body() body: ChangeTenantAsOperator): Promise<TenantView> {
    return this.tenants.change(id, body);
  }

  /** Makes another key for a tenant; its secret is shown once. */
  @Post('tenants/:id/api-keys')
  @RequireScope('platform')
  async createKey(
    @Param('id', IdPipe) id: string,
    @Body() body: CreateApiKey,
    @Intent() intent: string,
  ): Promise<NewApiKeyView> {
    await this.tenants.get(id);
    return this.db.transaction(id, (tx) => this.keys.create(tx, { ...body, tenantId: id, intent }));
  }

  /** The tenant of the key. */
  @Get('tenant')
  @RequireScope('read')
  own(@CurrentTenant() tenantId: string): Promise<TenantView> {
    return this.tenants.get(tenantId);
  }

  /** Changes the tenant of the key; settings are merged key by key. */
  @Patch('tenant')
  @RequireScope('admin')
  changeOwn(@CurrentTenant() tenantId: string, @Body() body: ChangeTenant): Promise<TenantView> {
    return this.tenants.change(tenantId, body);
  }
}

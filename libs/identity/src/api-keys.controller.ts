import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { Db, IdPipe, Intent, PageQuery } from '#libs/platform';

import { CurrentKey, CurrentTenant, RequireScope } from './access.js';
import { ApiKeyPage, CreateApiKey, NewApiKeyView } from './api-key.dto.js';
import { ApiKeys } from './api-keys.js';

@ApiTags('api-keys')
@ApiBearerAuth()
@Controller('v1/api-keys')
export class ApiKeysController {
  constructor(
    private readonly keys: ApiKeys,
    private readonly db: Db,
  ) {}

  /** The tenant's own keys, without their secrets. */
  @Get()
  @RequireScope('admin')
  list(@CurrentTenant() tenantId: string, @Query() { limit, cursor }: PageQuery): Promise<ApiKeyPage> {
    return this.keys.list(tenantId, limit, cursor) as Promise<ApiKeyPage>;
  }

  /** Makes a key; its secret is shown once. */
  @Post()
  @RequireScope('admin')
  create(
    @CurrentTenant() tenantId: string,
    @Body() body: CreateApiKey,
    @Intent() intent: string,
  ): Promise<NewApiKeyView> {
    return this.db.transaction(tenantId, (tx) => this.keys.create(tx, { ...body, tenantId, intent }));
  }

  /** Revokes a key at once. */
  @Delete(':id')
  @HttpCode(204)
  @RequireScope('admin')
  revoke(
    @CurrentTenant() tenantId: string,
    @CurrentKey() asking: string,
    @Param('id', IdPipe) id: string,
  ): Promise<void> {
    return this.keys.revoke(tenantId, id, asking);
  }
}

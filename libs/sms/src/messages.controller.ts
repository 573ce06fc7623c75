import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { CurrentTenant, RequireScope } from '#libs/identity';
import { IdPipe } from '#libs/platform';

import { MessageView, ResolveMessage } from './message.dto.js';
import { HeldMessages } from './held-messages.js';
import { Messages } from './messages.js';

@ApiTags('messages')
@ApiBearerAuth()
@Controller('v1/messages')
export class MessagesController {
  constructor(
    private readonly messages: Messages,
    private readonly held: HeldMessages,
  ) {}

  @Get(':id')
  @RequireScope('read')
  get(@CurrentTenant() tenantId: string, @Param('id', IdPipe) id: string): Promise<MessageView> {
    return this.messages.get(tenantId, id);
  }

  /** Decides a held message, whose outcome nobody could find out. */
  @Post(':id/resolve')
  @HttpCode(200)
  @RequireScope('write')
  async resolve(
    @CurrentTenant() tenantId: string,
    @Param('id', IdPipe) id: string,
    @Body() body: ResolveMessage,
  ): Promise<MessageView> {
    await this.held.resolve(tenantId, id, body.as);
    return this.messages.get(tenantId, id);
  }

  /** Cancels a scheduled message. */
  @Delete(':id')
  @HttpCode(204)
  @RequireScope('write')
  cancel(@CurrentTenant() tenantId: string, @Param('id', IdPipe) id: string): Promise<void> {
    return this.messages.cancel(tenantId, id);
  }
}

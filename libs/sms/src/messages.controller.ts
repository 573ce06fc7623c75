import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { CurrentTenant, RequireScope } from '#libs/identity';
import { IdPipe } from '#libs/platform';

import { MessagePage, MessageQuery, MessageView, ResolveMessage } from './message.dto.js';
import { Messages } from './messages.js';
import { HeldMessages } from './sending/held-messages.js';

@ApiTags('messages')
@ApiBearerAuth()
@Controller('v1/messages')
export class MessagesController {
  constructor(
    private readonly messages: Messages,
    private readonly held: HeldMessages,
  ) {}

  /** The messages that wait for somebody's decision, newest first: nobody can tell whether they left. */
  @Get()
  @RequireScope('read')
  list(@CurrentTenant() tenantId: string, @Query() query: MessageQuery): Promise<MessagePage> {
    return this.messages.held(tenantId, query.limit, query.cursor) as Promise<MessagePage>;
  }

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

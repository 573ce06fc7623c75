import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { CurrentTenant, RequireScope } from '#libs/identity';
import { IdPipe, Intent, PageQuery } from '#libs/platform';
import { MessagePage, MessageView } from '#libs/sms';

import {
  ConversationPage,
  ConversationQuery,
  ConversationView,
  ReplyBody,
  SendMessageBody,
} from './conversation.dto.js';
import { ConversationList } from './conversation-list.js';
import { conversationView } from './conversation-view.js';
import { Conversations } from './conversations.js';
import { HumanReplies } from './human-replies.js';

@ApiTags('conversations')
@ApiBearerAuth()
@Controller('v1')
export class ConversationsController {
  constructor(
    private readonly conversations: Conversations,
    private readonly shown: ConversationList,
    private readonly replies: HumanReplies,
  ) {}

  /** Conversations, newest first. */
  @Get('conversations')
  @RequireScope('read')
  list(@CurrentTenant() tenantId: string, @Query() query: ConversationQuery): Promise<ConversationPage> {
    return this.shown.list(tenantId, query) as Promise<ConversationPage>;
  }

  @Get('conversations/:id')
  @RequireScope('read')
  get(@CurrentTenant() tenantId: string, @Param('id', IdPipe) id: string): Promise<ConversationView> {
    return this.shown.get(tenantId, id);
  }

  /** A conversation's messages, newest first. */
  @Get('conversations/:id/messages')
  @RequireScope('read')
  messages(
    @CurrentTenant() tenantId: string,
    @Param('id', IdPipe) id: string,
    @Query() { limit, cursor }: PageQuery,
  ): Promise<MessagePage> {
    return this.shown.messagesOf(tenantId, id, limit, cursor) as Promise<MessagePage>;
  }

  /** A human's reply: the human has the conversation from here on. */
  @Post('conversations/:id/messages')
  @RequireScope('write')
  reply(
    @CurrentTenant() tenantId: string,
    @Param('id', IdPipe) id: string,
    @Body() body: ReplyBody,
    @Intent() intent: string,
  ): Promise<MessageView> {
    return this.replies.reply(tenantId, id, { ...body, intent });
  }

  /** A human takes it over without writing yet. */
  @Post('conversations/:id/takeover')
  @HttpCode(200)
  @RequireScope('write')
  async takeover(
    @CurrentTenant() tenantId: string,
    @Param('id', IdPipe) id: string,
  ): Promise<ConversationView> {
    return conversationView(await this.conversations.takeOver(tenantId, id));
  }

  /** Gives it back to the AI, or to nobody where the AI is off; a waiting text is answered at once. */
  @Post('conversations/:id/release')
  @HttpCode(200)
  @RequireScope('write')
  async release(
    @CurrentTenant() tenantId: string,
    @Param('id', IdPipe) id: string,
  ): Promise<ConversationView> {
    return conversationView(await this.conversations.release(tenantId, id));
  }

  @Post('conversations/:id/close')
  @HttpCode(200)
  @RequireScope('write')
  async close(@CurrentTenant() tenantId: string, @Param('id', IdPipe) id: string): Promise<ConversationView> {
    return conversationView(await this.conversations.close(tenantId, id));
  }

  @Post('conversations/:id/reopen')
  @HttpCode(200)
  @RequireScope('write')
  async reopen(
    @CurrentTenant() tenantId: string,
    @Param('id', IdPipe) id: string,
  ): Promise<ConversationView> {
    return conversationView(await this.conversations.reopen(tenantId, id));
  }

  /** A text to any customer; opens or joins the conversation with them. */
  @Post('messages')
  @RequireScope('write')
  write(
    @CurrentTenant() tenantId: string,
    @Body() body: SendMessageBody,
    @Intent() intent: string,
  ): Promise<MessageView> {
    return this.replies.write(tenantId, { ...body, intent });
  }
}

import { Module } from '@nestjs/common';
import { CallsModule } from '#libs/calls';
import { ContactsModule } from '#libs/contacts';
import { SmsModule } from '#libs/sms';
import { TenantsModule } from '#libs/tenants';

import { AiSpeech, AiThread } from './ai-thread.js';
import { ConversationList } from './conversation-list.js';
import { ConversationsController } from './conversations.controller.js';
import { ConversationGround, Conversations } from './conversations.js';
import { CustomerTextsListener, Reception } from './customer-texts.listener.js';
import { FixedTexts } from './fixed-texts.js';
import { HumanReplies, ReplyDesk } from './human-replies.js';
import { MissedCallsListener, TextBackDesk } from './missed-calls.listener.js';
import { Thread } from './thread.js';

@Module({
  imports: [CallsModule, ContactsModule, SmsModule, TenantsModule],
  controllers: [ConversationsController],
  providers: [
    AiSpeech,
    AiThread,
    ConversationGround,
    ConversationList,
    Conversations,
    CustomerTextsListener,
    FixedTexts,
    HumanReplies,
    MissedCallsListener,
    Reception,
    ReplyDesk,
    TextBackDesk,
    Thread,
  ],
  exports: [AiThread, HumanReplies],
})
export class ConversationsModule {}

import { Module } from '@nestjs/common';
import { CallsModule } from '#libs/calls';
import { ContactsModule } from '#libs/contacts';
import { SmsModule } from '#libs/sms';
import { TenantsModule } from '#libs/tenants';

import { AiSpeech } from './ai-speech.js';
import { AiThread } from './ai-thread.js';
import { ConversationList } from './conversation-list.js';
import { ConversationsController } from './conversations.controller.js';
import { Conversations } from './conversations.js';
import { CustomerTextsListener } from './customer-texts.listener.js';
import { FixedTexts } from './fixed-texts.js';
import { HandlerSteps } from './handler/handler-steps.js';
import { TakeoverJob } from './handler/takeover.job.js';
import { HumanReplies } from './human-replies.js';
import { Reception } from './reception.js';
import { ReplyDesk } from './reply-desk.js';
import { MissedCallsListener } from './text-back/missed-calls.listener.js';
import { TextBack } from './text-back/text-back.js';
import { Thread } from './thread.js';

@Module({
  imports: [CallsModule, ContactsModule, SmsModule, TenantsModule],
  controllers: [ConversationsController],
  providers: [
    AiSpeech,
    AiThread,
    ConversationList,
    Conversations,
    CustomerTextsListener,
    FixedTexts,
    HandlerSteps,
    HumanReplies,
    MissedCallsListener,
    Reception,
    ReplyDesk,
    TakeoverJob,
    TextBack,
    Thread,
  ],
  exports: [AiThread, HumanReplies],
})
export class ConversationsModule {}

import { Module } from '@nestjs/common';
import { ForwardingModule } from '#libs/forwarding';
import { TenantsModule } from '#libs/tenants';
import { TwilioModule } from '#libs/twilio';

import { CallAnswers } from './answering/call-answers.js';
import { CallEvents } from './call-events.js';
import { CallImport } from './call-import.js';
import { CallList } from './call-list.js';
import { CallSweeper } from './call-sweeper.js';
import { CallWebhooksController } from './answering/call-webhooks.controller.js';
import { CallsController } from './calls.controller.js';
import { Calls } from './calls.js';
import { FallbackDocuments } from './answering/fallback-documents.js';

@Module({
  imports: [ForwardingModule, TenantsModule, TwilioModule],
  controllers: [CallsController, CallWebhooksController],
  providers: [CallAnswers, CallEvents, CallImport, CallList, Calls, CallSweeper, FallbackDocuments],
  exports: [Calls],
})
export class CallsModule {}

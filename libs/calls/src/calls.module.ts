import { Module } from '@nestjs/common';
import { ForwardingModule } from '#libs/forwarding';
import { TenantsModule } from '#libs/tenants';
import { TwilioModule } from '#libs/twilio';

import { CallAnswers } from './call-answers.js';
import { CallEvents } from './call-events.js';
import { CallList } from './call-list.js';
import { CallSweeper } from './call-sweeper.js';
import { CallWebhooksController } from './call-webhooks.controller.js';
import { CallsController } from './calls.controller.js';
import { Calls } from './calls.js';

@Module({
  imports: [ForwardingModule, TenantsModule, TwilioModule],
  controllers: [CallsController, CallWebhooksController],
  providers: [CallAnswers, CallEvents, CallList, Calls, CallSweeper],
  exports: [Calls],
})
export class CallsModule {}

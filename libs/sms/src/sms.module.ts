import { Module } from '@nestjs/common';
import { ContactsModule } from '#libs/contacts';
import { TenantsModule } from '#libs/tenants';
import { TwilioModule } from '#libs/twilio';

import { Delivery } from './delivery.js';
import { HeldMessages } from './held-messages.js';
import { Inbound } from './inbound.js';
import { MessageImport } from './message-import.js';
import { MessagesController } from './messages.controller.js';
import { Messages } from './messages.js';
import { Outgoing } from './outgoing.js';
import { SendAlarm } from './send-alarm.js';
import { Sender } from './sender.js';
import { Settlement } from './settlement.js';
import { SmsWebhooksController } from './sms-webhooks.controller.js';
import { Sms } from './sms.js';

@Module({
  imports: [ContactsModule, TenantsModule, TwilioModule],
  controllers: [MessagesController, SmsWebhooksController],
  providers: [
    Delivery,
    HeldMessages,
    Inbound,
    MessageImport,
    Messages,
    Outgoing,
    SendAlarm,
    Sender,
    Settlement,
    Sms,
  ],
  exports: [Messages, Sms],
})
export class SmsModule {}

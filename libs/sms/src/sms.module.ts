import { Module } from '@nestjs/common';
import { ContactsModule } from '#libs/contacts';
import { TenantsModule } from '#libs/tenants';
import { TwilioModule } from '#libs/twilio';

import { Delivery } from './delivery.js';
import { Inbound } from './inbound.js';
import { MessageImport } from './message-import.js';
import { MessagesController } from './messages.controller.js';
import { Messages } from './messages.js';
import { FoundSends } from './restore/found-sends.js';
import { Reconciliation } from './restore/reconciliation.js';
import { RestoreGuard } from './restore/restore-guard.js';
import { RestoreNews } from './restore/restore-news.js';
import { Strays } from './restore/strays.js';
import { WitnessFile } from './restore/witness-file.js';
import { Addressing } from './sending/addressing.js';
import { Comparison } from './settling/comparison.js';
import { Handover } from './sending/handover.js';
import { HeldMessages } from './sending/held-messages.js';
import { Outgoing } from './sending/outgoing.js';
import { SendAlarm } from './sending/send-alarm.js';
import { Sender } from './sending/sender.js';
import { SendNews } from './sending/send-news.js';
import { Sends } from './sending/sends.js';
import { Settlement } from './settling/settlement.js';
import { SmsWebhooksController } from './sms-webhooks.controller.js';
import { Sms } from './sms.js';
import { TextEnds } from './text-ends.js';

/** The sending of texts: rules in *.domain.ts, rows, alarms, the carrier. */
const SENDING = [
  Addressing,
  Comparison,
  Handover,
  HeldMessages,
  Outgoing,
  SendAlarm,
  Sender,
  SendNews,
  Sends,
  Settlement,
];

/** What a database that went back in time is told before it sends. */
const RESTORE = [FoundSends, Reconciliation, RestoreGuard, RestoreNews, Strays, WitnessFile];

@Module({
  imports: [ContactsModule, TenantsModule, TwilioModule],
  controllers: [MessagesController, SmsWebhooksController],
  providers: [...SENDING, ...RESTORE, Delivery, Inbound, MessageImport, Messages, Sms, TextEnds],
  exports: [Messages, Sms],
})
export class SmsModule {}

import { Module } from '@nestjs/common';
import { ConversationsModule } from '#libs/conversations';
import { TenantsModule } from '#libs/tenants';

import { CallServiceDeliveriesController } from './call-service-deliveries.controller.js';
import { CallServiceDeliveries } from './call-service-deliveries.js';
import { CallServiceDeliveryList } from './call-service-delivery-list.js';
import { CallServiceJob } from './call-service.job.js';
import { CallServiceListener } from './call-service.listener.js';
import { CallService } from './call-service.js';
import { InternalSmsController } from './internal-sms.controller.js';

@Module({
  imports: [ConversationsModule, TenantsModule],
  controllers: [CallServiceDeliveriesController, InternalSmsController],
  providers: [
    CallService,
    CallServiceDeliveries,
    CallServiceDeliveryList,
    CallServiceJob,
    CallServiceListener,
  ],
})
export class IntegrationsModule {}

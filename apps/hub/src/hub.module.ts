import { Module, type DynamicModule } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { TerminusModule } from '@nestjs/terminus';
import { AiDispatchModule } from '#libs/ai-dispatch';
import { AnalyticsModule } from '#libs/analytics';
import { CallsModule } from '#libs/calls';
import { ContactsModule } from '#libs/contacts';
import { ConversationsModule } from '#libs/conversations';
import { DurableModule } from '#libs/durable';
import { ForwardingModule } from '#libs/forwarding';
import { IdentityModule, type PlatformKey } from '#libs/identity';
import { IntegrationsModule } from '#libs/integrations';
import { PlatformModule, type DatabaseAddress, type Ground } from '#libs/platform';
import { SmsModule } from '#libs/sms';
import { TenantsModule } from '#libs/tenants';
import { TwilioModule } from '#libs/twilio';

import { DeadLettersController } from './dead-letters.controller.js';
import { HealthController } from './health/health.controller.js';
import { HealthNeighbours } from './health/health-neighbours.js';
import { HealthParts } from './health/health-parts.js';
import { Lifecycle } from './lifecycle.js';

export interface HubGround extends Ground {
  readonly address: DatabaseAddress;
  readonly platformKey: PlatformKey;
}

/** Twilio's routes first: the router tries them in this order. */
const FEATURES = [
  CallsModule,
  SmsModule,
  AiDispatchModule,
  AnalyticsModule,
  ContactsModule,
  ConversationsModule,
  ForwardingModule,
  IntegrationsModule,
  TenantsModule,
  TwilioModule,
];

/** The hub: every module on one ground. */
@Module({})
export class HubModule {
  static on(ground: HubGround): DynamicModule {
    return {
      module: HubModule,
      imports: [
        ...FEATURES,
        PlatformModule.on(ground),
        DurableModule.at(ground.address),
        IdentityModule.with(ground.platformKey),
        ScheduleModule.forRoot(),
        TerminusModule.forRoot({ logger: false }),
      ],
      controllers: [DeadLettersController, HealthController],
      providers: [HealthNeighbours, HealthParts, Lifecycle],
    };
  }
}

import { Module } from '@nestjs/common';
import { NumberDirectory, TwilioModule } from '#libs/twilio';

import { PhoneNumbersController } from './phone-numbers.controller.js';
import { PhoneNumbers } from './phone-numbers.js';
import { NumberSlice, TenantSlice } from './routing-slices.js';
import { Routing } from './routing.js';
import { TenantsController } from './tenants.controller.js';
import { Tenants } from './tenants.js';

@Module({
  imports: [TwilioModule],
  controllers: [TenantsController, PhoneNumbersController],
  providers: [
    NumberSlice,
    PhoneNumbers,
    Routing,
    TenantSlice,
    Tenants,
    { provide: NumberDirectory, useExisting: Routing },
  ],
  exports: [NumberDirectory, PhoneNumbers, Routing, Tenants],
})
export class TenantsModule {}

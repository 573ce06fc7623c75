import { Module } from '@nestjs/common';
import { TenantsModule } from '#libs/tenants';

import { Forwarding } from './forwarding.js';

@Module({ imports: [TenantsModule], providers: [Forwarding], exports: [Forwarding] })
export class ForwardingModule {}

import { Global, Module, type DynamicModule } from '@nestjs/common';

import { AccessGuard } from './access.guard.js';
import { ApiKeysController } from './api-keys.controller.js';
import { ApiKeys, PlatformKey } from './api-keys.js';
import { RateLimit } from './rate-limit.js';

/** Who may do what. Global, since every route asks it. */
@Global()
@Module({})
export class IdentityModule {
  static with(platformKey: PlatformKey): DynamicModule {
    return {
      module: IdentityModule,
      controllers: [ApiKeysController],
      providers: [{ provide: PlatformKey, useValue: platformKey }, AccessGuard, ApiKeys, RateLimit],
      exports: [AccessGuard, ApiKeys, RateLimit],
    };
  }
}

import { Global, Module, type DynamicModule } from '@nestjs/common';

import { Configuration } from './config.js';
import { DatabaseWatch } from './database/database-watch.js';
import { Db, Lanes } from './database/db.js';
import { Egress } from './egress.js';
import { IdempotencyInterceptor } from './http/idempotency.interceptor.js';
import { Log } from './log.js';
import { Metrics } from './metrics.js';
import { ProblemFilter } from './http/problem.filter.js';
import { Sealer, SealingKey } from './seal.js';

/** What must exist before the application: settings read, keys found, connections described. */
export interface Ground {
  readonly settings: Configuration;
  readonly sealingKey: SealingKey;
  readonly lanes: Lanes;
}

/** Configuration, Db, sealing, egress, logs and metrics, for everybody. */
@Global()
@Module({})
export class PlatformModule {
  static on({ settings, sealingKey, lanes }: Ground): DynamicModule {
    const values = [
      { provide: Configuration, useValue: settings },
      { provide: SealingKey, useValue: sealingKey },
      { provide: Lanes, useValue: lanes },
    ];
    const shared = [Db, Egress, IdempotencyInterceptor, Log, Metrics, ProblemFilter, Sealer];
    return {
      module: PlatformModule,
      providers: [...values, ...shared, DatabaseWatch],
      exports: [Configuration, SealingKey, ...shared],
    };
  }
}

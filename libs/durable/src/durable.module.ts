import { Global, Module, type DynamicModule } from '@nestjs/common';
import { DatabaseAddress } from '#libs/platform';

import { Adoption } from './adoption.js';
import { Backlog } from './backlog.js';
import { DeadLetters } from './dead-letters.js';
import { Decisions } from './decisions.js';
import { Drain } from './drain.js';
import { EventFeed } from './event-feed.js';
import { EventKeeper } from './event-keeper.js';
import { Events } from './events.js';
import { Inbox } from './inbox.js';
import { FailedEvents } from './failed-events.js';
import { Heartbeat } from './heartbeat.js';
import { JobRunner } from './job-runner.js';
import { Jobs } from './jobs.js';
import { Refuge } from './refuge.js';
import { Retirement } from './retirement.js';
import { RoutingFeed } from './routing-feed.js';
import { SnapshotFile } from './snapshot-file.js';
import { Snapshot } from './snapshot.js';
import { Spool } from './spool/spool.js';
import { Upkeep } from './upkeep.js';

/** What outlives a process: jobs, events, the inbox, the spool, the snapshot. */
@Global()
@Module({})
export class DurableModule {
  static at(address: DatabaseAddress): DynamicModule {
    const faces = [
      Adoption,
      Backlog,
      DeadLetters,
      Decisions,
      EventFeed,
      Events,
      Inbox,
      Jobs,
      Retirement,
      Snapshot,
      Spool,
    ];
    const inner = [
      Drain,
      EventKeeper,
      FailedEvents,
      Heartbeat,
      JobRunner,
      Refuge,
      RoutingFeed,
      SnapshotFile,
      Upkeep,
    ];
    return {
      module: DurableModule,
      providers: [{ provide: DatabaseAddress, useValue: address }, ...faces, ...inner],
      exports: faces,
    };
  }
}

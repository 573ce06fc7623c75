import { Global, Module, type DynamicModule } from '@nestjs/common';
import { DatabaseAddress } from '#libs/platform';

import { Adoption } from './inbox/adoption.js';
import { Backlog } from './inbox/backlog.js';
import { DeadLetters } from './dead-letters.js';
import { Decisions } from './event-log/decisions.js';
import { Drain } from './inbox/drain.js';
import { EventFeed } from './event-log/event-feed.js';
import { EventKeeper } from './inbox/event-keeper.js';
import { Events } from './event-log/events.js';
import { Inbox } from './inbox/inbox.js';
import { FailedEvents } from './inbox/failed-events.js';
import { Heartbeat } from './jobs/heartbeat.js';
import { JobRunner } from './jobs/job-runner.js';
import { Jobs } from './jobs/jobs.js';
import { Refuge } from './inbox/refuge.js';
import { Retirement } from './retirement.js';
import { RoutingFeed } from './snapshot/routing-feed.js';
import { SnapshotFile } from './snapshot/snapshot-file.js';
import { Snapshot } from './snapshot/snapshot.js';
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

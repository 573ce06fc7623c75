import { Injectable } from '@nestjs/common';

import { Heartbeat } from './jobs/heartbeat.js';
import { Inbox } from './inbox/inbox.js';
import { JobRunner } from './jobs/job-runner.js';
import { Refuge } from './inbox/refuge.js';

/** What a process that is to end has still in hand. */
export interface InHand {
  readonly jobs: number;
  readonly webhooks: number;
}

/** How what outlives a process is handed over when it is to end. */
@Injectable()
export class Retirement {
  constructor(
    private readonly heartbeat: Heartbeat,
    private readonly runner: JobRunner,
    private readonly inbox: Inbox,
    private readonly refuge: Refuge,
  ) {}

  /** Brings to the disk, first of all, what only memory has; takes no more jobs, and lets those in hand finish. */
  async begin(): Promise<void> {
    await Promise.all([this.refuge.saveAll(), this.heartbeat.retire()]);
  }

  get inHand(): InHand {
    return { jobs: this.runner.inHand, webhooks: this.inbox.live };
  }

  /** The process ends now: events that only memory has are lost, each counted and said. @returns how many are at this end */
  end(): number {
    return this.refuge.giveUp();
  }
}

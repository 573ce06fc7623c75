import { Injectable, type OnModuleInit } from '@nestjs/common';
import { EventFeed } from '#libs/durable';

import { PROJECTED } from './facts.domain.js';
import { Projections } from './projections.js';

/** Keeps the facts up to date, batch by batch. */
@Injectable()
export class ProjectionsListener implements OnModuleInit {
  constructor(
    private readonly feed: EventFeed,
    private readonly projections: Projections,
  ) {}

  onModuleInit(): void {
    this.feed.follow('analytics.project', PROJECTED, (tenantId, events) =>
      this.projections.project(tenantId, events),
    );
  }
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Events } from '#libs/durable';

import { PROJECTED } from './facts.domain.js';
import { Projections } from './projections.js';

/** After everything that a customer waits for. */
const PRIORITY = 20;

/** Keeps the facts up to date, event by event. */
@Injectable()
export class ProjectionsListener implements OnModuleInit {
  constructor(
    private readonly events: Events,
    private readonly projections: Projections,
  ) {}

  onModuleInit(): void {
    const take = this.projections.project.bind(this.projections);
    this.events.subscribe('analytics.project', PROJECTED, (event) => take(event.tenantId, [event]), {
      priority: PRIORITY,
    });
  }
}

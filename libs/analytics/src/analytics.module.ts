import { Module } from '@nestjs/common';

import { AnalyticsController } from './analytics.controller.js';
import { Overview } from './overview.js';
import { ProjectionsListener } from './projections.listener.js';
import { Projections } from './projections.js';

@Module({ controllers: [AnalyticsController], providers: [Overview, Projections, ProjectionsListener] })
export class AnalyticsModule {}

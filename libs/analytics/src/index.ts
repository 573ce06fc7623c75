export { AnalyticsModule } from './analytics.module.js';
export { Projections } from './projections.js';

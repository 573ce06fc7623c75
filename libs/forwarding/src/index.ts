export { Forwarding } from './forwarding.js';
export { ForwardingModule } from './forwarding.module.js';
export type { Plan, PlannedCall } from './plan.domain.js';

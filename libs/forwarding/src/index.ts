export { Forwarding } from './forwarding.js';
export { ForwardingModule } from './forwarding.module.js';
export type { PlannedCall } from './plan.domain.js';

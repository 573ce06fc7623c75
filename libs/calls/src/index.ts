export { Call } from './call.entity.js';
export { Calls } from './calls.js';
export { CallsModule } from './calls.module.js';

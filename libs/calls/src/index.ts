export { Call } from './call.entity.js';
export { Calls, type TextBack } from './calls.js';
export { CallsModule } from './calls.module.js';

export { DeadLetters, type DeadLetter } from './dead-letters.js';
export { Decisions, type Check, type KeptCheck } from './decisions.js';
export { DurableModule } from './durable.module.js';
export { Events, type DomainEvent, type NewEvent } from './events.js';
export { Foreign, Inbox, type Acceptance, type Applier, type InboxEvent } from './inbox.js';
export { prepareJobs } from './job-runner.js';
export { Jobs, type JobHandler, type JobOptions, type JobPayload } from './jobs.js';
export { Snapshot, type Slice } from './snapshot.js';

export { DeadLetters } from './dead-letters.js';
export { Decisions, numbered, type Check } from './decisions.js';
export { DurableModule } from './durable.module.js';
export { EventFeed } from './event-feed.js';
export { Events, type DomainEvent, type NewEvent } from './events.js';
export { Foreign, Inbox, type InboxEvent } from './inbox.js';
export { prepareJobs } from './job-runner.js';
export { Jobs } from './jobs.js';
export { Snapshot, type Slice } from './snapshot.js';

import type { AiView } from '#libs/conversations';
import type { KnownTenant } from '#libs/tenants';

import type { DispatchAnswer } from './dispatch.domain.js';

/** What a dispatcher is asked about. */
export interface DispatchRequest {
  readonly tenant: KnownTenant;
  /** The hub number that the customer knows. */
  readonly calledNumber: string;
  readonly view: AiView;
}

/** Somebody who can answer a customer. The destination, the sender and the number of texts are never its to choose. */
export interface Dispatcher {
  readonly name: 'dispatch-bot' | 'builtin';
  /** @throws when it has no answer in time; the next dispatcher is asked then */
  ask(request: DispatchRequest): Promise<DispatchAnswer>;
}

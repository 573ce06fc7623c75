import type { RestAnswer } from './rest-errors.js';

/** A request of the REST API whose credentials are right. */
export interface RestRequest {
  readonly accountSid: string;
  readonly path: string;
  /** The form's, or the query's for a GET. */
  readonly params: URLSearchParams;
  /** The SIDs in the path. */
  readonly ids: Readonly<Record<string, string>>;
}

/** A route below `/2010-04-01/Accounts/{AccountSid}`. */
export interface RestRoute {
  readonly method: 'get' | 'post' | 'delete';
  readonly path: string;
  /** What faults and the ledger call it. */
  readonly operation: string;
  readonly handle: (request: RestRequest) => RestAnswer;
}

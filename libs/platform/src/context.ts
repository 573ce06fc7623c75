import { AsyncLocalStorage } from 'node:async_hooks';

/** Three lanes with connections of their own: a slow screen or job never takes a webhook's connection. */
export type Lane = 'webhook' | 'jobs' | 'api';

/** What a request or a job carries through everything it calls; logs show it. */
export interface Context {
  readonly requestId: string;
  /** Whose connections it uses. */
  readonly lane: Lane;
}

const storage = new AsyncLocalStorage<Context>();

/** Runs `work` with this context. */
export const inContext = <T>(context: Context, work: () => T): T => storage.run(context, work);

/** The id of the request that caused what runs now, for logs, jobs and problems; undefined outside of any. */
export const requestId = (): string | undefined => storage.getStore()?.requestId;

/** The lane of what runs now; outside of any request or job, that of the API. */
export const laneNow = (): Lane => storage.getStore()?.lane ?? 'api';

import type { Server } from 'node:http';

import { STOP_MS } from '#libs/platform';

/** Longer than balancers keep theirs, 60 s mostly: else they use a connection again in the moment that we close it. */
const KEEP_ALIVE_MS = 75_000;

/**
 * Has a server keep its connections for whoever uses them again; and its close, which takes no connection any more,
 * ends the idle ones and waits for the answers to the requests in hand, wait no longer than so many milliseconds.
 */
export const prepareDoors = (server: Server, requestsWithinMs: number = STOP_MS.requests): void => {
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const close = server.close.bind(server);
  server.close = (done) => {
    const cut = setTimeout(() => server.closeAllConnections(), requestsWithinMs);
    server.once('close', () => clearTimeout(cut));
    return close(done);
  };
};

import type { Server } from 'node:http';

import { pause, type Configuration } from '#libs/platform';

/** Longer than balancers keep theirs, 60 s mostly: else they use a connection again in the moment that we close it. */
const KEEP_ALIVE_MS = 75_000;
/** Balancers ask every few seconds. Nobody balances a test. */
const LAME_DUCK_SECONDS = { production: 5, development: 0, test: 0 };
/** Requests in hand at the close get so long; then their connections are cut. */
const REQUESTS_WITHIN_MS = 2_000;

/** Waits, still serving, until a balancer has heard that we are not ready any more. */
export const lameDuck = ({ NODE_ENV, LAME_DUCK_SECONDS: given }: Configuration): Promise<void> =>
  pause((given ?? LAME_DUCK_SECONDS[NODE_ENV]) * 1_000);

/**
 * Has a server keep its connections for whoever uses them again; and its close, which takes no connection any more,
 * ends the idle ones and waits for the answers to the requests in hand, wait no longer than so many milliseconds.
 */
export const prepareDoors = (server: Server, requestsWithinMs = REQUESTS_WITHIN_MS): void => {
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const close = server.close.bind(server);
  server.close = (done) => {
    const cut = setTimeout(() => server.closeAllConnections(), requestsWithinMs);
    server.once('close', () => clearTimeout(cut));
    return close(done);
  };
};

import { once } from 'node:events';
import type { Server } from 'node:http';

/** Longer than balancers keep theirs, 60 s mostly: else they reuse a connection in the moment that we close it. */
const KEEP_ALIVE_MS = 75_000;
/** Readiness is 503 for so long before the doors close: a balancer needs to hear it. Nobody balances a test. */
const LAME_DUCK_MS = { production: 1_500, development: 0, test: 0 };
/** Requests in hand at the close get so long; then their connections are cut. */
const REQUESTS_WITHIN_MS = 6_000;

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Connections are kept for whoever uses them again. */
export const keepAlive = (server: Server): void => {
  server.keepAliveTimeout = KEEP_ALIVE_MS;
};

/** Waits, still serving, until a balancer has heard that we are not ready any more. */
export const lameDuck = (mode: keyof typeof LAME_DUCK_MS): Promise<void> => pause(LAME_DUCK_MS[mode]);

/** Takes no connection any more, ends the idle ones, and waits for the answers to the requests in hand, in milliseconds at most. */
export const closeDoors = async (server: Server, withinMs = REQUESTS_WITHIN_MS): Promise<void> => {
  const closed = once(server, 'close');
  const cut = setTimeout(() => server.closeAllConnections(), withinMs);
  server.close();
  await closed;
  clearTimeout(cut);
};

import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below what Linux (32768) and macOS (49152) lend to outgoing connections. */
const [LEAST, MOST] = [20_000, 32_000];
const TRIES = 50;
const given = new Set<number>();

const isFree = async (port: number): Promise<boolean> => {
  const server = createServer();
  try {
    server.listen(port);
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
};

/**
 * A port for a server that starts, or comes back, a while later: no outgoing connection takes it meanwhile, as it may
 * take one that the system chose. Each is given once.
 * @throws when none of the tried ones is free
 */
export const freePort = async (): Promise<number> => {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = LEAST + Math.floor(Math.random() * (MOST - LEAST));
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error(`No free port was found between ${LEAST} and ${MOST}.`);
};

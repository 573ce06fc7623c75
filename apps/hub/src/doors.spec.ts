import { once } from 'node:events';
import {
  Agent,
  createServer,
  request,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pause } from '#libs/platform';

import { prepareDoors } from './doors.js';
import { Lifecycle } from './lifecycle.js';

describe('the doors', () => {
  let server: Server;
  let agent: Agent;
  let lifecycle: Lifecycle;
  let waiting: ServerResponse[];

  beforeEach(async () => {
    [lifecycle, waiting] = [new Lifecycle(), []];
    agent = new Agent({ keepAlive: true, maxSockets: 1 });
    server = createServer((asked, answer) => {
      lifecycle.answering(answer);
      if (asked.url === '/slow') waiting.push(answer);
      else answer.end('at once');
    });
    prepareDoors(server, 500);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    agent.destroy();
    server.closeAllConnections();
    if (server.listening) server.close();
  });

  const ask = (path: string): Promise<IncomingMessage> =>
    new Promise((done, fail) => {
      const { port } = server.address() as AddressInfo;
      const asked = request({ agent, host: '127.0.0.1', port, path }, (answer) => {
        answer.resume().once('end', () => done(answer));
      });
      asked.once('error', fail);
      asked.end();
    });
  const close = (): Promise<void> => new Promise((done) => server.close(() => done()));
  const untilSlow = async (): Promise<ServerResponse> => {
    for (let tries = 0; waiting.length === 0 && tries < 500; tries += 1) await pause(2);
    const [answer] = waiting;
    if (answer === undefined) throw new Error('The request did not come.');
    return answer;
  };

  it('keep connections longer than a balancer does', async () => {
    const { headers } = await ask('/');
    expect(headers).toMatchObject({ connection: 'keep-alive', 'keep-alive': 'timeout=75' });
  });

  it('still answer on the way out, and say that the connection ends', async () => {
    expect((await ask('/')).headers.connection).toBe('keep-alive');
    lifecycle.stop();
    expect((await ask('/')).headers.connection).toBe('close');
  });

  it('close after the request in hand was answered, which says so too', async () => {
    const slow = ask('/slow');
    const answer = await untilSlow();
    lifecycle.stop();
    let closed = false;
    const closing = close().then(() => (closed = true));
    await pause(50);
    expect(closed).toBe(false);
    await expect(fetch(`http://127.0.0.1:${agentPort(agent)}/`)).rejects.toThrow('fetch failed');
    answer.end('done');
    expect((await slow).headers.connection).toBe('close');
    await closing;
  });

  it('do not wait for ever for a request that never ends', async () => {
    const slow = ask('/slow');
    await untilSlow();
    lifecycle.stop();
    await Promise.all([close(), expect(slow).rejects.toThrow('socket hang up')]);
  });
});

/** The port that an agent's only connection leads to. */
const agentPort = (agent: Agent): string => /:(\d+):/.exec(Object.keys(agent.sockets).join())?.[1] ?? '';

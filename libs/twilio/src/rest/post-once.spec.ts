import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pause } from '#libs/platform';

import { NotSent, postOnce } from './post-once.js';

describe('a create', () => {
  let server: Server;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let requests: string[];
  let connections: number;

  beforeEach(async () => {
    requests = [];
    connections = 0;
    answer = (_request, response) => void response.writeHead(201).end('{"sid":"SM1"}');
    server = createServer((request, response) => {
      request.resume().on('end', () => {
        requests.push(`${request.method} ${request.url} ${request.headers.connection}`);
        answer(request, response);
      });
    });
    server.on('connection', () => (connections += 1));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });

  const origin = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const post = (mayLeave = (): boolean => true, to = origin()) =>
    postOnce({
      origin: to,
      path: '/Messages',
      authorization: 'x',
      form: new URLSearchParams({ a: 'b' }),
      mayLeave,
    });
  const failure = (sent: Promise<unknown>): Promise<unknown> =>
    sent.then(
      () => 'none',
      (error: unknown) => error,
    );

  it('has a connection of its own, and lets it go', async () => {
    expect(await post()).toMatchObject({ status: 201, text: '{"sid":"SM1"}' });
    await post();
    expect([connections, requests]).toEqual([2, ['POST /Messages close', 'POST /Messages close']]);
  });

  it.each([
    ['before the answer', (response: ServerResponse) => void response.socket?.resetAndDestroy()],
    ['by a farewell', (response: ServerResponse) => void response.socket?.end()],
  ])('is posted once, whoever cuts the connection %s, and nobody knows the end', async (_, cut) => {
    answer = (_request, response) => cut(response);
    const error = await failure(post());
    expect(error).not.toBe('none');
    expect(error).not.toBeInstanceOf(NotSent);
    await pause(1_500);
    expect(requests).toHaveLength(1);
  });

  it('keeps what came of an answer that was cut', async () => {
    answer = (_request, response) => {
      response.writeHead(201, { 'content-length': '100' }).write('{"sid"');
      setTimeout(() => response.socket?.resetAndDestroy(), 20);
    };
    expect(await post()).toEqual({ status: 201, retryAfter: undefined, text: '{"sid"' });
  });

  it('follows no redirect', async () => {
    answer = (_request, response) =>
      void response.writeHead(307, { location: `${origin()}/elsewhere` }).end();
    expect(await post()).toMatchObject({ status: 307 });
    expect(requests).toHaveLength(1);
  });

  it('never left when nobody listens', async () => {
    const closed = origin();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    expect(await failure(post(() => true, closed))).toBeInstanceOf(NotSent);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  it('never left when no secure connection comes about', async () => {
    const secure = origin().replace('http:', 'https:');
    expect(await failure(post(() => true, secure))).toBeInstanceOf(NotSent);
    expect(requests).toEqual([]);
  });

  it('asks once whether it may leave, on a connection that stands, and writes nothing when it may not', async () => {
    let asked = 0;
    let connected = 0;
    const error = await failure(
      post(() => {
        asked += 1;
        connected = connections;
        return false;
      }),
    );
    await pause(100);
    expect(error).toBeInstanceOf(NotSent);
    expect([asked, connected <= 1, connections, requests]).toEqual([1, true, 1, []]);
  });

  it('is written in the tick in which it is asked for: nothing comes between', async () => {
    const order: string[] = [];
    const written = (): unknown => order.push('written');
    subscribe('undici:client:sendHeaders', written);
    await post(() => {
      process.nextTick(() => order.push('next tick'));
      queueMicrotask(() => order.push('microtask'));
      order.push('asked');
      return true;
    });
    unsubscribe('undici:client:sendHeaders', written);
    expect(order.slice(0, 2)).toEqual(['asked', 'written']);
    expect(order).toHaveLength(4);
  });

  it('is given up after 20 s without an answer, and nobody knows the end', async () => {
    answer = () => undefined;
    const startedAt = performance.now();
    const error = await failure(post());
    expect(error).not.toBeInstanceOf(NotSent);
    expect(Math.round((performance.now() - startedAt) / 1_000)).toBe(20);
    expect(requests).toHaveLength(1);
  }, 30_000);
});

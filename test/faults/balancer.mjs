import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';

const LOOKS_EVERY_MS = 250;
const LOOK_WITHIN_MS = 2_000;
/** So many bad looks in a row take a backend out, one good one brings it back: HAProxy's `fall 2 rise 1`. */
const FALL = 2;
const CONNECT_WITHIN_MS = 1_000;
/** Kept as long as common balancers keep theirs; a backend that closes earlier loses a race now and then. */
const KEEP_ALIVE_MS = 60_000;
const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'te', 'upgrade', 'proxy-connection'];

const passedOn = (headers) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name)));

/** One hub behind it: kept-alive connections, and how many looks in a row found it not ready. */
class Backend {
  #bad = FALL;

  constructor(port) {
    this.port = port;
    this.agent = new Agent({ keepAlive: true, maxSockets: 400, maxFreeSockets: 400, timeout: KEEP_ALIVE_MS });
  }

  get healthy() {
    return this.#bad < FALL;
  }

  /** It could not be connected to. */
  down() {
    this.#bad = FALL;
  }

  async look() {
    const signal = AbortSignal.timeout(LOOK_WITHIN_MS);
    const asked = fetch(`http://127.0.0.1:${this.port}/health/ready`, { signal });
    const good = await asked.then(
      async (answer) => (await answer.text(), answer.ok),
      () => false,
    );
    this.#bad = good ? 0 : this.#bad + 1;
  }
}

/**
 * A small HTTP balancer: round robin over the backends that say they are ready, asked every 250 ms, out after two
 * bad answers. Connections are kept alive on both sides. It tries another backend only when there was no connection to the
 * first, as HAProxy's `retry-on conn-failure` does: never after the request went out, reused connection or not.
 */
export class Balancer {
  #turn = 0;
  /** Requests that it could not bring to an answer, with why. */
  failures = [];
  retried = 0;
  /** How many requests went out over a connection that had carried one before. */
  reused = 0;

  constructor(server, backends) {
    Object.assign(this, { server, backends });
    server.on('request', (asked, answer) => void this.#serve(asked, answer));
    const look = () => void Promise.all(backends.map((backend) => backend.look()));
    this.looking = setInterval(look, LOOKS_EVERY_MS);
  }

  /** @param ports of the backends */
  static async open(port, ports) {
    const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS + 5_000 }).listen(port);
    await once(server, 'listening');
    const balancer = new Balancer(
      server,
      ports.map((each) => new Backend(each)),
    );
    await Promise.all(balancer.backends.map((backend) => backend.look()));
    return balancer;
  }

  get healthy() {
    return this.backends.filter(({ healthy }) => healthy).length;
  }

  async close() {
    clearInterval(this.looking);
    this.server.close();
    this.server.closeAllConnections();
    for (const { agent } of this.backends) agent.destroy();
  }

  async #serve(asked, answer) {
    const chunks = [];
    for await (const chunk of asked) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const tried = new Set();
    for (;;) {
      const backend = this.#next(tried);
      if (backend === undefined) return this.#fail(answer, 503, 'no backend is ready');
      tried.add(backend);
      const end = await this.#pass(backend, asked, body, answer);
      if (end === null) return;
      if (end.connected || answer.headersSent) return this.#fail(answer, 502, end.reason);
      backend.down();
      this.retried += 1;
    }
  }

  #next(tried) {
    const ready = this.backends.filter((backend) => backend.healthy && !tried.has(backend));
    this.#turn += 1;
    return ready[this.#turn % ready.length];
  }

  #fail(answer, status, reason) {
    this.failures.push({ at: new Date().toISOString(), status, reason });
    if (answer.headersSent) answer.destroy();
    else answer.writeHead(status).end();
  }

  /** @returns null once the answer is on its way, else why not, and whether the backend may have heard the request */
  #pass({ port, agent }, asked, body, answer) {
    const { method, url } = asked;
    const headers = { ...passedOn(asked.headers), 'content-length': body.length };
    return new Promise((done) => {
      const out = request({ agent, host: '127.0.0.1', port, method, path: url, headers }, (came) => {
        answer.writeHead(came.statusCode, passedOn(came.headers));
        came.on('error', (error) => done({ connected: true, reason: String(error) }));
        came.on('end', () => done(null));
        came.pipe(answer);
      });
      let connected = false;
      const timer = setTimeout(() => connected || out.destroy(new Error('no connection')), CONNECT_WITHIN_MS);
      out.on('socket', (socket) => {
        if (out.reusedSocket) this.reused += 1;
        if (socket.connecting) socket.once('connect', () => (connected = true));
        else connected = true;
      });
      out.on('close', () => clearTimeout(timer));
      out.on('error', (error) =>
        done({ connected, reason: `${error.code ?? error.message}${out.reusedSocket ? ', reused' : ''}` }),
      );
      out.end(body);
    });
  }
}

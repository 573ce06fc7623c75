import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';

import { HUB } from '../../apps/hub/ensure-built.mjs';
import { freePort } from '../../apps/hub/src/database/free-port.ts';
import { START_FLAGS } from '../bench/hub-system.mjs';
import { clock } from '../bench/open-loop.mjs';
import { eventually } from '../bench/stage.mjs';

/** With 192, V8 collects garbage without end while a spool is drained. */
const NODE_FLAGS = ['--max-old-space-size=512', ...START_FLAGS];
/** How long a hub may take to be ready after its start; without its database it never is. */
const READY_WITHIN_MS = 30_000;
const ASK_EVERY_MS = 50;

/** One hub process at one port with one data folder, started as often as it is killed. */
export class Instance {
  starts = 0;
  /** How long each start took until the hub was ready, in milliseconds. */
  startTimes = [];
  #supervised = false;
  #launching = Promise.resolve();

  constructor(stage, parts) {
    Object.assign(this, { stage, ...parts });
  }

  /** @param options of the house; a worker serves no webhooks and gets a port of its own */
  static async make(stage, { name, port, role = 'all', env }) {
    const own = port ?? (await freePort());
    const folder = await mkdtemp(join(stage.folder, `data-${name}-`));
    return new Instance(stage, { name, port: own, folder, env: { ...env, ROLE: role } });
  }

  get pid() {
    return this.child.pid;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts it and does not wait until it is ready. */
  launch() {
    this.#launching = this.#launch();
    return this.#launching;
  }

  async #launch() {
    const { folder, port, env } = this;
    const own = { ...env, PORT: String(port), METRICS_PORT: '0', LOG_LEVEL: 'warn', DATA_DIR: folder };
    this.starts += 1;
    this.startedAt = clock();
    const child = await this.stage.node(`hub-${this.name}`, HUB, { flags: NODE_FLAGS, env: own });
    this.child = child;
    this.exited = once(child.process, 'exit');
    child.process.once('exit', () => this.#supervised && this.child === child && void this.launch());
    return this;
  }

  async start() {
    await this.launch();
    return this.ready();
  }

  /** @throws with the process's last words when it is not ready in time */
  async ready(withinMs = READY_WITHIN_MS) {
    const came = await eventually(() => this.isReady(), withinMs, ASK_EVERY_MS);
    if (!came) throw new Error(`${this.name} is not ready:\n${this.child.said.slice(-2_000)}`);
    this.startTimes.push(clock() - this.startedAt);
    return this;
  }

  async isReady() {
    const asked = fetch(`${this.url}/health/ready`, { signal: AbortSignal.timeout(3_000) });
    return (await asked.catch(() => null))?.ok === true;
  }

  /** From now on it is started again whenever it ends. */
  supervise(supervised = true) {
    this.#supervised = supervised;
    return this;
  }

  kill(signal = 'SIGKILL') {
    this.child.process.kill(signal);
  }

  /** Ends it at once, if it runs. */
  async end() {
    await this.#launching;
    if (this.child === undefined || this.child.ended) return;
    this.kill();
    await this.exited;
  }

  /** Asks it to leave. @returns how it left, and after how many milliseconds */
  async leave(signal = 'SIGTERM') {
    this.#supervised = false;
    const askedAt = clock();
    const { exited } = this;
    this.kill(signal);
    const [code, by] = await exited;
    return { end: code ?? by, ms: clock() - askedAt };
  }
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import pg from 'pg';

import { startEmbeddedPostgres } from '../../apps/hub/src/database/embedded-postgres.ts';
import { parentOf } from './proc.mjs';

const STOP_WITHIN_MS = 20_000;
const READY_WITHIN_MS = 30_000;
const OWNER = 'bench';
const PASSWORD = 'for-the-bench-only';
const LEASH = fileURLToPath(new URL('leash.mjs', import.meta.url));

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Asks until the answer is yes; false when it never is. */
export const eventually = async (ask, withinMs, everyMs = 100) => {
  const giveUpAt = Date.now() + withinMs;
  for (;;) {
    if (await ask()) return true;
    if (Date.now() > giveUpAt) return false;
    await pause(everyMs);
  }
};

/** A Node process that we started: its pid, and the last that it said. */
class Child {
  said = '';

  constructor(name, process_) {
    this.name = name;
    this.process = process_;
    const hear = (chunk) => (this.said = (this.said + chunk).slice(-20_000));
    process_.stdout.on('data', hear);
    process_.stderr.on('data', hear);
  }

  get pid() {
    return this.process.pid;
  }

  get ended() {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  /** @throws with the process's last words when it does not say, or answer, that it is ready */
  async ready(isReady) {
    const came = await eventually(async () => this.ended || (await isReady()), READY_WITHIN_MS, 50);
    if (!came || this.ended) throw new Error(`${this.name} did not start:\n${this.said.slice(-2_000)}`);
  }

  async stop() {
    if (this.ended) return;
    const exit = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.process.kill('SIGKILL'), STOP_WITHIN_MS);
    await exit;
    clearTimeout(timer);
  }
}

/** Where a bench plays: a temporary folder, a PostgreSQL with fsync on, and the processes started on it. */
export class Stage {
  #children = [];

  constructor(dataDir, folder, { postgres, admin, postmaster }) {
    Object.assign(this, { dataDir, folder, postgres, admin, postmaster });
  }

  /** @param settings of PostgreSQL, set before its (second) start */
  static async open(settings = []) {
    const folder = await mkdtemp(join(tmpdir(), 'twilio-server-bench-'));
    const dataDir = await mkdtemp(join(tmpdir(), 'twilio-server-bench-'));
    const place = { dataDir, fsync: true };
    let postgres = await startEmbeddedPostgres(place);
    let admin = await connected(postgres.url);
    if (settings.length > 0) {
      for (const setting of settings) await admin.query(`alter system set ${setting}`);
      await admin.end();
      await postgres.stop();
      postgres = await startEmbeddedPostgres(place);
      admin = await connected(postgres.url);
    }
    await admin.query(`create role ${OWNER} login password '${PASSWORD}'`);
    const { rows } = await admin.query('select pg_backend_pid() as pid');
    return new Stage(dataDir, folder, { postgres, admin, postmaster: parentOf(rows[0].pid) });
  }

  /** Starts PostgreSQL again after its end, at the same port; what was connected connects anew. */
  async restartPostgres() {
    await this.postgres.stop();
    await this.admin.end().catch(() => undefined);
    const port = Number(new URL(this.postgres.url).port);
    this.postgres = await startEmbeddedPostgres({ dataDir: this.dataDir, fsync: true, port });
    this.admin = await connected(this.postgres.url);
    const { rows } = await this.admin.query('select pg_backend_pid() as pid');
    this.postmaster = parentOf(rows[0].pid);
  }

  /** A new database, owned by a plain role as in production. */
  async createDatabase(name) {
    await this.admin.query(`create database ${name} owner ${OWNER}`);
    const url = new URL(this.postgres.url);
    Object.assign(url, { username: OWNER, password: PASSWORD, pathname: `/${name}` });
    return url.href;
  }

  /** A connection that sees every tenant's rows: the superuser's. */
  async connectTo(databaseUrl) {
    const url = new URL(this.postgres.url);
    url.pathname = new URL(databaseUrl).pathname;
    return connected(url.href);
  }

  /** Starts a script under this very Node, in a folder of its own so that no `.env` is read. */
  async node(name, script, { flags = [], env }) {
    const cwd = join(this.folder, `${name}-${this.#children.length}`);
    await mkdir(cwd);
    const given = { PATH: process.env.PATH, HOME: cwd, NODE_ENV: 'production', DATA_DIR: cwd, ...env };
    const argv = [...flags, '--import', LEASH, script];
    const child = new Child(name, spawn(process.execPath, argv, { cwd, env: given, stdio: 'pipe' }));
    this.#children.push(child);
    return child;
  }

  /** The last that each process said, those that have ended included. */
  get words() {
    return this.#children.map(({ name, said }) => `${name}: ${said.slice(-2_000)}`).join('\n');
  }

  async close() {
    for (const child of this.#children.toReversed()) await child.stop();
    await this.admin.end();
    await this.postgres.stop();
    const elsewhere = await readFile(join(this.dataDir, 'postgres.location'), 'utf8').catch(() => '');
    const folders = [this.folder, this.dataDir, elsewhere.trim()].filter((folder) => folder !== '');
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  }
}

const connected = async (connectionString) => {
  const client = new pg.Client({ connectionString });
  client.on('error', () => undefined);
  await client.connect();
  return client;
};

/** Runs `work` on a stage of its own and leaves nothing behind. */
export const onStage = async (work, settings) => {
  // The embedded PostgreSQL does not hold the event loop; its stop must be waited for all the same.
  const awake = setInterval(() => undefined, 1_000);
  const stage = await Stage.open(settings);
  try {
    return await work(stage);
  } finally {
    await stage.close();
    clearInterval(awake);
  }
};

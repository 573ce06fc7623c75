import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, chown, constants, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { placeFor, type Place } from './embedded-place.ts';
import { freePort } from './free-port.ts';

/** A PostgreSQL of our own, running. */
export interface EmbeddedPostgres {
  readonly url: string;
  /** Stops the server quickly, open transactions rolled back. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  readonly dataDir: string;
  /** Off in tests, where a lost disk write loses nothing. */
  readonly fsync: boolean;
  /** Where it listens: any free one unless given. */
  readonly port?: number;
}

const READY_WITHIN_MS = 30_000;

/**
 * The shell holds the server on a leash: when its standard input closes, because this process ended in whatever
 * way, the server is told to stop.
 */
const LEASH = '"$@" & p=$!; trap "" INT TERM; cat >/dev/null; kill -INT $p; wait $p';

const run = (place: Place, program: string, args: readonly string[]): Promise<void> =>
  new Promise((done, fail) => {
    const { uid, gid } = place;
    const child = spawn(join(place.native, 'bin', program), args, {
      uid,
      gid,
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.once('error', fail);
    child.once('exit', (code) =>
      code === 0 ? done() : fail(new Error(`${program} failed: ${said.slice(-2_000)}`)),
    );
  });

const passwordFor = async (dataDir: string): Promise<string> => {
  const file = join(dataDir, 'postgres.password');
  const known = await readFile(file, 'utf8').catch(() => null);
  if (known !== null) return known.trim();
  const password = randomBytes(24).toString('base64url');
  await writeFile(file, `${password}\n`, { mode: 0o600 });
  return password;
};

const initialize = async (place: Place, password: string): Promise<void> => {
  const done = await access(join(place.data, 'PG_VERSION'), constants.F_OK).then(
    () => true,
    () => false,
  );
  if (done) return;
  const file = join(tmpdir(), `twilio-server-${randomBytes(6).toString('hex')}`);
  await writeFile(file, password, { mode: 0o600 });
  if (place.uid !== undefined && place.gid !== undefined) await chown(file, place.uid, place.gid);
  try {
    const locale = ['--locale=C.UTF-8', '--encoding=UTF8'];
    await run(place, 'initdb', [
      '-D',
      place.data,
      '-U',
      'postgres',
      '-A',
      'scram-sha-256',
      `--pwfile=${file}`,
      ...locale,
    ]);
  } finally {
    await rm(file, { force: true });
  }
};

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** A server that outlived its process is asked to stop, and waited for: two on one folder would destroy it. */
const stopLeftover = async (data: string): Promise<void> => {
  const pid = Number((await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 1) return;
  const name = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (!name.includes(data)) return;
  for (let waited = 0; alive(pid) && waited < 10_000; waited += 100) {
    if (waited % 2_000 === 0) process.kill(pid, 'SIGINT');
    const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    if (/\) Z /.test(state)) return;
    await pause(100);
  }
};

const serve = async (place: Place, port: number, fsync: boolean): Promise<ChildProcess> => {
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=200',
    'shared_buffers=128MB',
    'max_wal_size=1GB',
    ...(fsync ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
  ].flatMap((setting) => ['-c', setting]);
  const command = [join(place.native, 'bin', 'postgres'), '-D', place.data, '-p', String(port), ...settings];
  const { uid, gid } = place;
  const child = spawn('sh', ['-c', LEASH, 'sh', ...command], {
    uid,
    gid,
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  child.unref();
  await new Promise<void>((done, fail) => {
    let said = '';
    const timer = setTimeout(
      () => fail(new Error(`PostgreSQL did not start: ${said.slice(-2_000)}`)),
      READY_WITHIN_MS,
    );
    child.stderr?.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4_000);
      if (!said.includes('ready to accept connections')) return;
      clearTimeout(timer);
      done();
    });
    child.once('exit', () => fail(new Error(`PostgreSQL ended at once: ${said.slice(-2_000)}`)));
  });
  return child;
};

/**
 * Starts the embedded PostgreSQL of a data folder, which it makes on the first start.
 * @throws when this machine has no such binaries, or the server does not come up
 */
export const startEmbeddedPostgres = async ({
  dataDir,
  fsync,
  port: given,
}: EmbeddedOptions): Promise<EmbeddedPostgres> => {
  await mkdir(dataDir, { recursive: true });
  const place = await placeFor(dataDir);
  const password = await passwordFor(resolve(dataDir));
  await initialize(place, password);
  await stopLeftover(place.data);
  const port = given ?? (await freePort());
  const child = await serve(place, port, fsync);
  const exited = new Promise<void>((done) => child.once('exit', () => done()));
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    stop: async () => {
      child.ref(); // else a process with nothing more to do ends here, and with 0
      child.stdin?.end();
      await exited;
    },
  };
};

import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { pause } from '#libs/platform';

import { newCaller } from './hub.js';
import { until, type Running } from './process.js';
import { ProcessHub } from './process-hub.js';

const PROMISED_MS = 15_000;
/** More jobs than run at once: the others wait in the process. */
const FETCHED = 30;
const UNKNOWN = '01900000-0000-7000-8000-000000000000';

const parentOf = (pid: string): number => {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]);
  } catch {
    return 0;
  }
};

/** Signals a process that may have ended meanwhile, as PostgreSQL's workers do. */
const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

/** A process and its children. */
const familyOf = (pid: number): readonly number[] => [
  pid,
  ...readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
    .map(Number),
];

describe('a hub that is asked to stop', () => {
  let hub: ProcessHub;

  beforeAll(async () => {
    hub = await ProcessHub.prepare();
  }, 90_000);
  afterEach(async () => {
    await hub.database.open(true);
    hub.kill();
  });
  afterAll(() => hub.close());

  const leave = async (one: Running): Promise<{ end: number | string | null; ms: number }> => {
    const askedAt = performance.now();
    const end = await hub.stop(one);
    return { end, ms: performance.now() - askedAt };
  };
  const linesOf = (one: Running, text: string): readonly Record<string, unknown>[] =>
    one
      .said()
      .split('\n')
      .filter((line) => line.startsWith('{') && line.includes(text))
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  /** A hub of which only its memory has two events. */
  const withMemories = async (environment = {}): Promise<Running> => {
    const spool = join(hub.folder, 'spool');
    await rm(spool, { recursive: true, force: true });
    await writeFile(spool, 'not a folder');
    const one = hub.start(environment);
    await hub.ready();
    const { number } = await hub.tenant();
    await hub.database.open(false);
    for (let made = 0; made < 2; made += 1) expect((await hub.calls(newCaller(), number)).status).toBe(200);
    return one;
  };
  const kept = async (): Promise<number> =>
    (await hub.database.query(`select 1 from webhook_events where kind = 'call.incoming'`)).length;

  it('in the midst of its start ends that first, and leaves with 0', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const asked = once(silent, 'connection');
    const { port } = silent.address() as AddressInfo;
    const one = hub.start({ DATABASE_URL: `postgres://nobody@127.0.0.1:${port}/none` });
    const [socket] = (await asked) as [Socket];
    expect((await leave(one)).end).toBe(0);
    socket.destroy();
    silent.close();
  }, 30_000);

  it.each([
    ['SIGTERM', 0],
    ['SIGKILL', 'SIGKILL'],
  ] as const)(
    'is gone after %s, also where an older Node had to call another one',
    async (signal, end) => {
      const older = `data:text/javascript,Object.defineProperty(process.versions, 'node', { value: '20.0.0' })`;
      const one = hub.start({}, ['--import', older]);
      await hub.ready();
      one.process.kill(signal);
      expect(await one.exited).toBe(end);
      await until(async () =>
        fetch(`${hub.url}/health/live`).then(
          () => false,
          () => true,
        ),
      );
    },
    60_000,
  );

  it('hears first what becomes of a text on its way, also when the jobs were just cut off', async () => {
    const one = hub.start();
    await hub.ready();
    const { key } = await hub.tenant();
    await fetch(`${hub.sandbox.url}/sandbox/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ on: 'messages.create', delayMs: 6_000, times: 1 }),
    });
    await fetch(`${hub.url}/v1/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ to: newCaller(), body: 'On my way' }),
    });
    const ends = (): Promise<Record<string, unknown>[]> =>
      hub.database.query('select outcome from message_attempts');
    await until(async () => (await ends()).length === 1);
    await hub.database.open(false);
    await until(async () => one.said().includes('the jobs were cut off'));
    await hub.database.open(true);
    expect((await leave(one)).end).toBe(0);
    expect(await ends()).toEqual([{ outcome: 'accepted' }]);
  }, 60_000);

  it('says of each event that it loses which it is, and its exit code says so too', async () => {
    const one = await withMemories();
    expect((await leave(one)).end).toBe(1);
    expect(linesOf(one, 'an event is lost')).toEqual(
      Array.from({ length: 2 }, () => expect.objectContaining({ kind: 'call.incoming' })),
    );
    await rm(join(hub.folder, 'spool'));
  }, 60_000);

  it('brings to the disk first what only its memory has, whatever becomes of the rest of the stop', async () => {
    const one = await withMemories({ LAME_DUCK_SECONDS: '10' });
    const before = await kept();
    await rm(join(hub.folder, 'spool'));
    one.process.kill('SIGTERM');
    await pause(500);
    one.process.kill('SIGKILL');
    await one.exited;
    const files = await readdir(join(hub.folder, 'spool'), { recursive: true });
    expect(files.filter((name) => name.endsWith('.seg'))).not.toEqual([]);
    await hub.database.open(true);
    hub.start();
    await hub.ready();
    await hub.settled();
    expect((await kept()) - before).toBe(2);
  }, 60_000);

  it('exits at once when it is asked twice, and says what was in hand and what is lost', async () => {
    const one = await withMemories({ LAME_DUCK_SECONDS: '10' });
    const left = leave(one);
    await pause(300);
    const againAt = performance.now();
    one.process.kill('SIGTERM');
    expect((await left).end).toBe(1);
    expect(performance.now() - againAt).toBeLessThan(1_000);
    expect(linesOf(one, 'the stop was cut off')).toEqual([
      expect.objectContaining({ requests: 0, jobs: 0, webhooks: 0, lost: 2 }),
    ]);
    expect(linesOf(one, 'an event is lost')).toHaveLength(2);
    await rm(join(hub.folder, 'spool'));
  }, 60_000);

  it('ends as it should although the jobs that it had fetched cannot be given back', async () => {
    const one = hub.start();
    await hub.ready();
    await hub.settled();
    const { query } = hub.database;
    await query('begin');
    try {
      await query('lock table webhook_events in access exclusive mode');
      const other = new Client({ connectionString: hub.database.address.url });
      await other.connect();
      const job = `graphile_worker.add_job('inbox.adopt', json_build_object('eventId', $1::text, 'attempt', '0'))`;
      await other.query(`select ${job} from generate_series(1, ${FETCHED})`, [UNKNOWN]);
      await other.end();
      const fetched = `select count(*)::int as count from graphile_worker._private_jobs where locked_by is not null`;
      await until(async () => (await query(fetched))[0]?.['count'] === FETCHED);
      await query('lock table graphile_worker._private_jobs in access exclusive mode');
      const left = leave(one);
      await pause(1_000);
      await query(`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and query like '%_private_jobs%'`);
      const { end, ms } = await left;
      expect(one.said()).toContain('Failed to return jobs');
      expect(end).toBe(0);
      expect(ms).toBeLessThan(PROMISED_MS);
    } finally {
      await query('rollback');
    }
  }, 60_000);

  it('ends in time with 0 while its PostgreSQL is frozen, which it does not wait for', async () => {
    const one = hub.start({ DATABASE_URL: '' });
    await hub.ready();
    await hub.settled();
    const home = await readFile(join(hub.folder, 'postgres.location'), 'utf8').catch(() => '');
    const data = home === '' ? join(hub.folder, 'postgres') : join(home.trim(), 'data');
    const postmaster = Number((await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n')[0]);
    const frozen = familyOf(postmaster);
    for (const pid of frozen) signal(pid, 'SIGSTOP');
    try {
      const { end, ms } = await leave(one);
      expect(end).toBe(0);
      expect(ms).toBeLessThan(PROMISED_MS);
      expect(linesOf(one, 'the stop was cut off')).toEqual([
        expect.objectContaining({ under: ['embedded database'], lost: 0 }),
      ]);
    } finally {
      for (const pid of frozen) signal(pid, 'SIGKILL');
      if (home !== '') await rm(home.trim(), { recursive: true, force: true });
    }
  }, 90_000);
});

import { once } from 'node:events';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { pause } from '#libs/platform';

import { newCaller, newSid } from './hub.js';
import { until } from './process.js';
import { ProcessHub } from './process-hub.js';

describe('the hub without its database', () => {
  let hub: ProcessHub;

  beforeAll(async () => {
    hub = await ProcessHub.prepare();
  }, 90_000);
  afterEach(async () => {
    await hub.database.open(true);
    hub.kill();
  });
  afterAll(() => hub.close());

  it('starts on the sealed snapshot and answers calls, and does the rest once the database comes', async () => {
    const first = hub.start();
    await hub.ready();
    const { number, key } = await hub.tenant();
    expect(await hub.stop(first)).toBe(0);
    await hub.database.open(false);
    hub.start();
    const twiml = await until(async () => {
      const answer = await hub.calls(newCaller(), number);
      return answer.status === 200 && answer.text();
    });
    expect(twiml).toContain('<Dial');
    const [missed, wrote] = [newCaller(), newCaller()];
    await hub.misses(missed, number);
    expect((await hub.texts(wrote, number, 'hi')).status).toBe(200);
    expect((await fetch(`${hub.url}/health/ready`)).status).toBe(200);
    await hub.database.open(true);
    await hub.settled();
    await until(async () => hub.sandbox.textsTo(missed).length === 1);
    expect(await hub.database.query('select body from messages where direction = $1', ['inbound'])).toEqual([
      { body: 'hi' },
    ]);
    expect((await hub.get('/v1/calls', key)).status).toBe(200);
  }, 90_000);

  it('runs every job again that was in hand when the database was cut off, also in the next process', async () => {
    const one = hub.start();
    await hub.ready();
    const { number } = await hub.tenant();
    const cut = async (froms: readonly string[]): Promise<void> => {
      await Promise.all(froms.map((from) => hub.misses(from, number)));
      const ended = `select 1 from calls where from_number = any($1) and status = 'ended'`;
      await until(async () => (await hub.database.query(ended, [froms])).length === froms.length);
      await hub.database.open(false);
      await pause(1_000);
      await hub.database.open(true);
      await hub.settled();
    };
    const texted = (froms: readonly string[]): Promise<boolean> =>
      until(async () => froms.every((from) => hub.sandbox.textsTo(from).length === 1), 60_000);
    const [before, left] = [15, 15].map((length) => Array.from({ length }, () => newCaller()));
    await cut(before ?? []);
    await texted(before ?? []);
    await cut(left ?? []);
    await hub.stop(one);
    hub.start();
    await texted(left ?? []);
  }, 180_000);

  it.each([
    ['refuses', false],
    ['hangs', true],
  ])(
    'answers calls from its start on while the database %s',
    async (_how, hangs) => {
      const first = hub.start();
      await hub.ready();
      const { number } = await hub.tenant();
      expect(await hub.stop(first)).toBe(0);
      const silent = createServer(() => undefined).listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const { port } = silent.address() as AddressInfo;
      if (!hangs) silent.close();
      const started = performance.now();
      hub.start({ DATABASE_URL: `postgres://nobody@127.0.0.1:${port}/none` });
      const answer = await until(async () => hub.calls(newCaller(), number));
      // other tests have the machine as well: the row cold-start of the fault suite measures the 3 s that it may take
      expect(performance.now() - started).toBeLessThan(10_000);
      expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('+14155550901')]);
      silent.close();
    },
    60_000,
  );

  it('answers calls while another process changes the schema, and begins once that has ended', async () => {
    const first = hub.start();
    await hub.ready();
    const { number, key } = await hub.tenant();
    expect(await hub.stop(first)).toBe(0);
    const other = new Client({ connectionString: hub.database.address.url });
    await other.connect();
    await other.query('select pg_advisory_lock(3701)');
    hub.start();
    const answer = await until(async () => hub.calls(newCaller(), number));
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('+14155550901')]);
    expect((await hub.get('/v1/calls', key)).status).toBe(503);
    await other.end();
    await until(async () => (await hub.get('/v1/calls', key)).status === 200);
    await hub.settled();
  }, 60_000);

  it('answers 503, so that Twilio takes the fallback, when the sealed snapshot was changed', async () => {
    const first = hub.start();
    await hub.ready();
    const { number } = await hub.tenant();
    expect(await hub.stop(first)).toBe(0);
    const file = join(hub.folder, 'snapshot.sealed');
    const sealed = await readFile(file);
    await writeFile(file, Buffer.from(sealed).fill(0x41, 200, 204));
    await hub.database.open(false);
    hub.start();
    const answer = await until(async () => hub.calls(newCaller(), number));
    expect(answer.status).toBe(503);
    expect((await fetch(`${hub.url}/health/ready`)).status).toBe(503);
    await hub.database.open(true);
    await hub.ready();
    expect((await hub.calls(newCaller(), number)).status).toBe(200);
  }, 60_000);

  it("registers the environment's account once the database comes", async () => {
    const [TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN] = [`AC${'9'.repeat(32)}`, 'token-of-the-environment'];
    await hub.database.open(false);
    hub.start({ TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN });
    await until(async () => (await fetch(`${hub.url}/health/live`)).ok);
    const asking = setInterval(() => void fetch(`${hub.url}/health/ready`).catch(() => undefined), 20);
    await hub.database.open(true);
    const known = 'select 1 from twilio_accounts where account_sid = $1';
    await until(async () => (await hub.database.query(known, [TWILIO_ACCOUNT_SID])).length === 1);
    clearInterval(asking);
  }, 60_000);

  it('answers calls and texts while the database is away, and applies them once it is back', async () => {
    const one = hub.start();
    await hub.ready();
    const { number, key } = await hub.tenant();
    await hub.database.open(false);
    const [caller, missed, wrote] = [newCaller(), newCaller(), newCaller()];
    const voice = await hub.calls(caller, number);
    expect([voice.status, await voice.text()]).toEqual([200, expect.stringContaining('+14155550901')]);
    await hub.misses(missed, number);
    const sid = newSid('SM');
    for (let copy = 0; copy < 3; copy += 1)
      expect((await hub.texts(wrote, number, 'Are you there?', sid)).status).toBe(200);
    const refused = await hub.get('/v1/calls', key);
    expect([refused.status, await refused.json()]).toEqual([
      503,
      expect.objectContaining({ code: 'database-unavailable' }),
    ]);
    expect((await fetch(`${hub.url}/health/ready`)).status).toBe(200);
    expect((await fetch(`${hub.url}/health/live`)).status).toBe(200);
    expect(await (await fetch(`${hub.url}/health`)).json()).toMatchObject({
      status: 'degraded',
      checks: { database: { status: 'down' }, spool: { status: 'ok', records: 6 } },
    });
    await hub.database.open(true);
    await hub.settled();
    await until(async () => hub.sandbox.textsTo(missed).length === 1);
    const kept = 'select message_sid as sid from messages where direction = $1 and body = $2';
    expect(await hub.database.query(kept, ['inbound', 'Are you there?'])).toEqual([{ sid }]);
    expect((await hub.get('/v1/calls', key)).status).toBe(200);
    expect(one.process.exitCode).toBeNull();
  }, 60_000);

  it('applies what a killed process had only on its disk, by whoever comes next', async () => {
    const one = hub.start();
    await hub.ready();
    const { number } = await hub.tenant();
    await hub.database.open(false);
    const [missed, wrote] = [newCaller(), newCaller()];
    await hub.misses(missed, number);
    expect((await hub.texts(wrote, number, 'kept on disk')).status).toBe(200);
    one.process.kill('SIGKILL');
    await one.exited;
    const spooled = join(hub.folder, 'spool');
    for (const name of await readdir(spooled, { recursive: true }))
      if (name.endsWith('.seg'))
        expect(await readFile(join(spooled, name), 'latin1')).not.toContain('kept on disk');
    await hub.database.open(true);
    hub.start();
    await hub.ready();
    await until(async () => hub.sandbox.textsTo(missed).length === 1);
    const kept = 'select 1 from messages where direction = $1 and body = $2';
    await until(async () => (await hub.database.query(kept, ['inbound', 'kept on disk'])).length === 1);
  }, 60_000);

  it('answers calls, and refuses texts, when neither the database nor the disk takes anything', async () => {
    const spool = join(hub.folder, 'spool');
    await rm(spool, { recursive: true, force: true });
    await writeFile(spool, 'not a folder');
    const one = hub.start();
    await hub.ready();
    const { number } = await hub.tenant();
    await hub.database.open(false);
    const missed = newCaller();
    await hub.misses(missed, number);
    expect((await hub.texts(newCaller(), number, 'hi')).status).toBe(503);
    expect((await fetch(`${hub.url}/health/ready`)).status).toBe(503);
    await hub.database.open(true);
    await until(async () => hub.sandbox.textsTo(missed).length === 1);
    await rm(spool);
    await until(async () => (await hub.health()).checks['spool']?.status === 'ok');
    expect(one.process.exitCode).toBeNull();
  }, 60_000);
});

import { open, readdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Spool } from '#libs/durable';
import { Db, Metrics, pause, Sealer } from '#libs/platform';

import { newCaller, newSid, TestHub, type TestTenant } from '../hub.js';

type Syncs = jest.SpiedFunction<FileHandle['datasync']>;

const syncsOf = async (folder: string): Promise<Syncs> => {
  const handle = await open(join(folder, 'probe'), 'w');
  const syncs = jest.spyOn(Object.getPrototypeOf(handle) as FileHandle, 'datasync');
  await handle.close();
  return syncs;
};

const totalOf = async (hub: TestHub, metric: 'lostEvents' | 'spooledEvents'): Promise<number> =>
  (await hub.app.get(Metrics)[metric].get()).values.reduce((sum, { value }) => sum + value, 0);

describe('the hub on a disk', () => {
  let hub: TestHub;
  let tenant: TestTenant;

  beforeAll(async () => {
    hub = await TestHub.start();
    tenant = await hub.tenant({ aiEnabled: false });
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
  afterAll(() => hub.stop());

  const drained = (): Promise<unknown> => hub.eventually(async () => hub.app.get(Spool).size.records === 0);
  const texts = (Body: string): Promise<{ status: number }> =>
    hub.webhook('/webhooks/twilio/sms', {
      MessageSid: newSid('SM'),
      From: newCaller(),
      To: tenant.number,
      Body,
    });
  const calls = (to = tenant.number, on = hub): Promise<{ status: number }> =>
    on.webhook('/webhooks/twilio/call', {
      CallSid: newSid('CA'),
      From: newCaller(),
      To: to,
      CallStatus: 'ringing',
    });

  const ends = (CallSid = newSid('CA')): Promise<{ status: number }> =>
    hub.webhook('/webhooks/twilio/call/status', {
      CallSid,
      From: newCaller(),
      To: tenant.number,
      CallStatus: 'completed',
      CallDuration: '4',
    });

  it('applies one event in a hundred as the disk gives it back', async () => {
    const unsealed = Sealer.prototype.open;
    const opening = jest.spyOn(Sealer.prototype, 'open').mockImplementation(function (
      this: Sealer,
      sealed,
      purpose,
    ) {
      const plain = Reflect.apply(unsealed, this, [sealed, purpose]);
      return purpose === 'spool' ? Buffer.from(plain.toString().replace('from me', 'from disk')) : plain;
    });
    for (let sent = 0; sent < 300; sent += 1) expect((await texts('from me')).status).toBe(200);
    opening.mockRestore();
    await drained();
    const kept = `select count(*)::int as count, count(distinct message_sid)::int as sids from messages where body = $1`;
    const [{ count: read } = { count: 0 }] = await hub.database.query(kept, ['from disk']);
    const [{ count: straight } = { count: 0 }] = await hub.database.query(kept, ['from me']);
    expect(read).toBeGreaterThan(0);
    expect(Number(read) + Number(straight)).toBe(300);
  }, 60_000);

  it('that hangs answers as if there were none', async () => {
    const syncs = await syncsOf(hub.folder);
    const disk = Promise.withResolvers<void>();
    syncs.mockReturnValue(disk.promise);
    const took: number[] = [];
    for (let sent = 0; sent < 150; sent += 1) {
      const asked = performance.now();
      expect((await texts('on a hung disk')).status).toBe(200);
      took.push(performance.now() - asked);
    }
    disk.resolve();
    await hub.eventually(async () => hub.app.get(Spool).size.records > 0);
    await drained();
    expect(Math.max(...took)).toBeLessThan(200);
  }, 60_000);

  it('that fails brings to it what was kept in memory, once it takes records again', async () => {
    const syncs = await syncsOf(hub.folder);
    syncs.mockRejectedValue(new Error('EIO'));
    await hub.database.open(false);
    expect((await calls()).status).toBe(200);
    expect((await texts('refused')).status).toBe(503);
    expect(hub.app.get(Spool).size.records).toBe(0);
    jest.restoreAllMocks();
    await hub.eventually(async () => hub.app.get(Spool).size.records === 1);
    await hub.database.open(true);
    await drained();
  }, 30_000);

  it('that fails while the database is away keeps no status waiting for it', async () => {
    (await syncsOf(hub.folder)).mockRejectedValue(new Error('EIO'));
    await hub.database.open(false);
    const asked = performance.now();
    expect((await ends()).status).toBe(200);
    expect(performance.now() - asked).toBeLessThan(1_000);
    jest.restoreAllMocks();
    await hub.database.open(true);
    await drained();
  }, 30_000);

  it('that is late while the database is away is offered the status again before it is answered', async () => {
    const disk = Promise.withResolvers<void>();
    (await syncsOf(hub.folder)).mockReturnValue(disk.promise);
    await hub.database.open(false);
    setTimeout(() => disk.resolve(), 1_500);
    expect((await ends()).status).toBe(200);
    expect(hub.app.get(Spool).size.records).toBeGreaterThan(0);
    jest.restoreAllMocks();
    await hub.database.open(true);
    await drained();
  }, 30_000);

  it('that fails for a moment while the database is away takes the text at the next try', async () => {
    const syncs = await syncsOf(hub.folder);
    syncs.mockRejectedValue(new Error('EIO'));
    await hub.database.open(false);
    const answering = texts('at the next try');
    setTimeout(() => syncs.mockRestore(), 400);
    expect((await answering).status).toBe(200);
    await hub.database.open(true);
    await drained();
    const kept = await hub.database.query('select 1 from messages where body = $1', ['at the next try']);
    expect(kept).toHaveLength(1);
  }, 30_000);

  it('that fails answers 503 within Twilio’s patience when the database takes too long as well', async () => {
    await hub.database.query(`
      create function deadlock() returns trigger language plpgsql as
        $$ begin perform pg_sleep(3.5); raise exception 'deadlock for a test' using errcode = '40P01'; end $$`);
    await hub.database.query(
      'create trigger deadlocked before insert on messages for each row execute function deadlock()',
    );
    (await syncsOf(hub.folder)).mockRejectedValue(new Error('EIO'));
    const asked = performance.now();
    expect((await texts('deadlocked')).status).toBe(503);
    expect(performance.now() - asked).toBeLessThan(11_000);
    await hub.database.query('drop trigger deadlocked on messages');
  }, 40_000);

  it('that fails keeps the callers from waiting for a slow database, but not the status callbacks', async () => {
    await hub.database.query(`
      create function linger() returns trigger language plpgsql as $$ begin perform pg_sleep(1.2); return new; end $$`);
    await hub.database.query(
      'create trigger lingers before insert on calls for each row execute function linger()',
    );
    (await syncsOf(hub.folder)).mockRejectedValue(new Error('EIO'));
    const asked = performance.now();
    expect((await calls()).status).toBe(200);
    expect(performance.now() - asked).toBeLessThan(1_000);
    const CallSid = newSid('CA');
    expect((await ends(CallSid)).status).toBe(200);
    const kept = await hub.database.query('select 1 from calls where call_sid = $1', [CallSid]);
    expect(kept).toHaveLength(1);
    await hub.database.query('drop trigger lingers on calls');
  }, 40_000);

  it('that fails leaves the hub ready while screens keep all their connections to the database busy', async () => {
    (await syncsOf(hub.folder)).mockRejectedValue(new Error('EIO'));
    const event = { key: 'none', kind: 'none', accountSid: '', sid: '', tenantId: null, answer: '' };
    await expect(hub.app.get(Spool).append({ ...event, params: {}, context: {} })).rejects.toThrow('EIO');
    const db = hub.app.get(Db);
    const screens = Array.from({ length: 6 }, () =>
      db.system('workers', (tx) => tx.query('select pg_sleep(4)')),
    );
    await pause(200);
    expect((await fetch(`${hub.url}/health/ready`)).status).toBe(200);
    await Promise.all(screens);
    await hub.database.open(false);
    await hub.eventually(async () => (await fetch(`${hub.url}/health/ready`)).status === 503);
    await hub.database.open(true);
    await hub.eventually(async () => (await fetch(`${hub.url}/health/ready`)).status === 200);
  }, 40_000);

  it.each([
    ['works', 'saves', 0, 2],
    ['fails', 'counts', 2, 0],
  ])(
    'that %s at the end %s what only memory has',
    async (how, _does, lost, saved) => {
      const ending = await TestHub.start();
      const { number } = await ending.tenant();
      const syncs = await syncsOf(ending.folder);
      syncs.mockRejectedValue(new Error('EIO'));
      await ending.database.open(false);
      for (let made = 0; made < 2; made += 1) expect((await calls(number, ending)).status).toBe(200);
      if (how === 'works') syncs.mockRestore();
      const before = await totalOf(ending, 'spooledEvents');
      await ending.app.close();
      expect(await totalOf(ending, 'lostEvents')).toBe(lost);
      expect((await totalOf(ending, 'spooledEvents')) - before).toBe(saved);
      const files = await readdir(join(ending.folder, 'spool'), { recursive: true });
      expect(files.filter((name) => name.endsWith('.seg')).length > 0).toBe(saved > 0);
      await ending.database.open(true);
      jest.restoreAllMocks();
      await ending.stop();
    },
    30_000,
  );
});

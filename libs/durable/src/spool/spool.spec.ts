import { randomBytes } from 'node:crypto';
import {
  appendFile,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  writeFile,
  type FileHandle,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Log, Metrics, readConfiguration, Sealer, SealingKey } from '#libs/platform';

import type { InboxEvent } from '../webhook-events.js';
import { Spool, type SpooledEvent } from './spool.js';

const KEY = randomBytes(32);
const made: Spool[] = [];
let folder = '';

const spoolOn = (dataDir: string, changes: Record<string, string> = {}, key = KEY): Spool => {
  const settings = readConfiguration({
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    DATA_DIR: dataDir,
    ...changes,
  });
  const spool = new Spool(
    settings,
    new Sealer(new SealingKey(key)),
    new Log(settings),
    new Metrics(settings),
  );
  made.push(spool);
  return spool;
};

const opened = async (dataDir = folder, changes: Record<string, string> = {}, key = KEY): Promise<Spool> => {
  const spool = spoolOn(dataDir, changes, key);
  await spool.onApplicationBootstrap();
  return spool;
};

const eventOf = (number: number, body = 'hi'): InboxEvent => ({
  key: `key-${number}`,
  kind: 'sms.incoming',
  accountSid: `AC${'1'.repeat(32)}`,
  sid: `SM${number}`,
  tenantId: null,
  params: { Body: body },
  context: {},
  answer: '<Response/>',
});

const fill = (spool: Spool, from: number, to: number, body?: string): Promise<unknown> =>
  Promise.all(Array.from({ length: to - from }, (_, index) => spool.append(eventOf(from + index, body))));

/** All that waits, as a drain finds it. */
const keysIn = async (
  spool: Spool,
  take: (one: SpooledEvent) => void = () => undefined,
): Promise<string[]> => {
  await new Promise((quiet) => setTimeout(quiet, 600));
  const keys: string[] = [];
  for (let found = await spool.next(); found.length > 0; found = await spool.next()) {
    for (const one of found) {
      keys.push(one.event.key);
      take(one);
      one.done();
    }
  }
  return keys;
};

const filesIn = async (dataDir = folder): Promise<string[]> =>
  (await readdir(join(dataDir, 'spool'), { recursive: true }))
    .filter((name) => name.endsWith('.seg'))
    .map((name) => join(dataDir, 'spool', name));

const range = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `key-${from + index}`);

/** Puts a file where a folder was. */
const exchange = async (file: string, place: string): Promise<void> => {
  await rmdir(place);
  await rename(file, place);
};

/** As if the process had been killed: its socket is gone, its files are as they are. */
const die = (spool: Spool): Promise<void> =>
  (
    spool as unknown as { folder: { server: { close(): void } } }
  ).folder.server.close() as unknown as Promise<void>;

describe('the spool', () => {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'twilio-server-spool-'));
  });
  afterEach(async () => {
    for (const spool of made.splice(0)) await spool.onApplicationShutdown();
    await rm(folder, { recursive: true, force: true });
  });

  it('gives back every event with the time it came, and is empty once all are ticked off', async () => {
    const spool = await opened();
    const before = Date.now();
    await fill(spool, 0, 50);
    expect(spool.size.records).toBe(50);
    const times: number[] = [];
    expect(await keysIn(spool, ({ cameAt }) => times.push(cameAt))).toEqual(range(0, 50));
    expect(Math.min(...times)).toBeGreaterThanOrEqual(before);
    expect(spool.size.records).toBe(0);
    expect(await filesIn()).toEqual([]);
  });

  it('writes what comes at the same time together, and nothing readable', async () => {
    const spool = await opened();
    await fill(spool, 0, 200, 'canary-of-the-spool');
    const files = await filesIn();
    expect(files).toHaveLength(1);
    expect(await readFile(String(files[0]), 'latin1')).not.toContain('canary');
    expect((await stat(String(files[0]))).mode & 0o777).toBe(0o600);
  });

  it('hands over what a dead process left, also after its last record was torn', async () => {
    const first = await opened();
    await fill(first, 0, 20);
    const [file = ''] = await filesIn();
    await appendFile(file, Buffer.from('SPL1\0\0\xffhalf of a record', 'latin1'));
    await die(first);
    const second = await opened();
    expect(second.size.records).toBe(20);
    expect(await keysIn(second)).toEqual(range(0, 20));
  });

  it('leaves alone what belongs to a process that lives', async () => {
    const first = await opened();
    await fill(first, 0, 5);
    const second = await opened();
    expect(await keysIn(second)).toEqual([]);
    expect(await keysIn(first)).toEqual(range(0, 5));
  });

  it('gives what a dead process left to one of many, once', async () => {
    const first = await opened();
    for (let round = 0; round < 5; round += 1) {
      await fill(first, round * 10, round * 10 + 10);
      await new Promise((quiet) => setTimeout(quiet, 550));
      await first.next();
    }
    await die(first);
    const heirs = [spoolOn(folder), spoolOn(folder), spoolOn(folder)];
    await Promise.all(heirs.map((heir) => heir.onApplicationBootstrap()));
    const found = (await Promise.all(heirs.map((heir) => keysIn(heir)))).flat();
    expect(found.toSorted()).toEqual(range(0, 50).toSorted());
  });

  it('adopts all the dead although one of their folders cannot be cleared', async () => {
    const dead = await Promise.all([opened(), opened(), opened()]);
    await Promise.all(dead.map((spool, index) => spool.append(eventOf(index))));
    await Promise.all(made.splice(0).map(die));
    for (const name of await readdir(join(folder, 'spool'))) {
      await rm(join(folder, 'spool', name, 'owner.sock'), { force: true });
      await mkdir(join(folder, 'spool', name, 'owner.sock'));
    }
    const heir = await opened();
    expect([heir.size.records, heir.fault]).toEqual([3, null]);
    expect((await keysIn(heir)).toSorted()).toEqual(range(0, 3));
  });

  it('takes what it can of what the dead left, and the rest once that can be read', async () => {
    const dead = await Promise.all([opened(), opened(), opened()]);
    await Promise.all(dead.map((spool, index) => spool.append(eventOf(index))));
    await Promise.all(dead.map(die));
    const [bad = ''] = (await filesIn()).toSorted();
    const aside = join(folder, 'aside');
    await rename(bad, aside);
    await mkdir(bad);
    const heir = await opened();
    expect([heir.size.records, heir.fault]).toEqual([2, null]);
    for (const path of await filesIn()) if ((await stat(path)).isDirectory()) await exchange(aside, path);
    await heir.lookAround();
    expect((await keysIn(heir)).toSorted()).toEqual(range(0, 3));
  });

  it('skips damage in the middle and reads all the rest', async () => {
    const first = await opened();
    await first.append(eventOf(0));
    const [file = ''] = await filesIn();
    const { length } = await readFile(file);
    await first.append(eventOf(1));
    await first.append(eventOf(2));
    const bytes = await readFile(file);
    bytes.fill(0x20, length + 20, length + 60);
    await writeFile(file, bytes);
    await die(first);
    expect(await keysIn(await opened())).toEqual(['key-0', 'key-2']);
  });

  it('keeps what another key sealed until the right one comes, in nobody else’s way', async () => {
    const first = await opened();
    await fill(first, 0, 3);
    await die(first);
    const stranger = await opened(folder, {}, randomBytes(32));
    expect(await keysIn(stranger)).toEqual([]);
    await stranger.append(eventOf(9));
    expect(await keysIn(stranger)).toEqual(['key-9']);
    await stranger.onApplicationShutdown();
    made.splice(made.indexOf(stranger), 1);
    expect(await keysIn(await opened())).toEqual(range(0, 3));
  });

  it('takes no more than its room, says so, and takes again once there is room', async () => {
    const spool = await opened(folder, { SPOOL_MAX_MB: '1' });
    const large = 'x'.repeat(60_000);
    const ends = await Promise.allSettled(
      Array.from({ length: 20 }, async (_, index) => spool.append(eventOf(index, large))),
    );
    const kept = ends.filter(({ status }) => status === 'fulfilled').length;
    expect(spool.size.bytes).toBeLessThanOrEqual(1024 * 1024);
    for (let tries = 0; tries < 20; tries += 1)
      await spool.append(eventOf(100 + tries, large)).catch(() => undefined);
    expect([spool.high, spool.fault]).toEqual([true, expect.stringContaining('SPOOL_MAX_MB=1')]);
    expect((await keysIn(spool)).length).toBeGreaterThanOrEqual(kept);
    await spool.append(eventOf(500));
    expect([spool.high, spool.fault]).toEqual([false, null]);
  });

  it('ends a segment whose sync failed, never syncs it again, and writes its records to a new one, once', async () => {
    const handle = await open(join(folder, 'probe'), 'w');
    const syncs = jest.spyOn(Object.getPrototypeOf(handle) as FileHandle, 'datasync');
    await handle.close();
    const spool = await opened();
    await spool.append(eventOf(1));
    syncs.mockRejectedValueOnce(new Error('EIO'));
    await spool.append(eventOf(2));
    expect(await filesIn()).toHaveLength(2);
    const broken = new Error('EIO again');
    syncs.mockRejectedValueOnce(broken).mockRejectedValueOnce(broken);
    await expect(spool.append(eventOf(3))).rejects.toThrow('EIO again');
    expect(spool.fault).toBe('EIO again');
    await spool.append(eventOf(4));
    expect(spool.fault).toBeNull();
    syncs.mockRestore();
    expect(await keysIn(spool)).toEqual(['key-1', 'key-2', 'key-4']);
  });

  it('is closed while its folder cannot be made, and opens when it can', async () => {
    await writeFile(join(folder, 'spool'), 'not a folder');
    const spool = await opened();
    await expect(spool.append(eventOf(1))).rejects.toThrow('ENOTDIR');
    expect(spool.fault).not.toBeNull();
    await rm(join(folder, 'spool'));
    await spool.lookAround();
    expect(spool.fault).toBeNull();
    await spool.append(eventOf(2));
  });

  it('has its socket in a folder however deep', async () => {
    const deep = join(folder, ...Array.from({ length: 8 }, () => 'a-folder-with-a-long-name'));
    await mkdir(deep, { recursive: true });
    const first = await opened(deep);
    await fill(first, 0, 2);
    expect(await keysIn(await opened(deep))).toEqual([]);
    await die(first);
    expect(await keysIn(await opened(deep))).toEqual(range(0, 2));
  });
});

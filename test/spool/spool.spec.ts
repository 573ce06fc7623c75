import { mkdir, open, readFile, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { pause } from '#libs/platform';

import { die, eventOf, fill, keysIn, range, Spools } from './spools.js';

/** What every file, or folder, is told in this way, to be failed. */
const tellingOf = async <S extends 'datasync' | 'sync' | 'appendFile'>(
  folder: string,
  way: S = 'datasync' as S,
): Promise<jest.SpiedFunction<FileHandle[S]>> => {
  const handle = await open(join(folder, 'probe'), 'w');
  const telling = jest.spyOn(Object.getPrototypeOf(handle) as FileHandle, way);
  await handle.close();
  return telling as unknown as jest.SpiedFunction<FileHandle[S]>;
};

describe('the spool', () => {
  let spools: Spools;
  beforeEach(async () => {
    spools = await Spools.create();
  });
  afterEach(() => spools.close());

  it('gives back every event with its age, and is empty once all are ticked off', async () => {
    const spool = await spools.opened();
    await fill(spool, 0, 50);
    expect(spool.size.records).toBe(50);
    const ages: number[] = [];
    expect(await keysIn(spool, ({ ageMs = 0 }) => ages.push(ageMs))).toEqual(range(0, 50));
    expect(Math.min(...ages)).toBeGreaterThanOrEqual(600);
    expect(Math.max(...ages)).toBeLessThan(5_000);
    expect(spool.size.records).toBe(0);
    expect(await spools.files()).toEqual([]);
  });

  it('gives back one record as the disk has it', async () => {
    const spool = await spools.opened();
    const [, ticket] = await Promise.all([spool.append(eventOf(0)), spool.append(eventOf(1, 'second'))]);
    expect(await ticket?.read()).toMatchObject(eventOf(1, 'second'));
  });

  it('adds to the age that an event had, and is not misled when the clock is set', async () => {
    const spool = await spools.opened();
    await spool.append({ ...eventOf(0), ageMs: 60_000 });
    const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_600_000);
    const ages: number[] = [];
    await keysIn(spool, ({ ageMs = 0 }) => ages.push(ageMs));
    clock.mockRestore();
    expect(ages[0]).toBeGreaterThanOrEqual(60_600);
    expect(ages[0]).toBeLessThan(65_000);
  });

  it('writes what comes at the same time together, and nothing readable', async () => {
    const spool = await spools.opened();
    await fill(spool, 0, 200, 'canary-of-the-spool');
    const files = await spools.files();
    expect(files).toHaveLength(1);
    expect(await readFile(String(files[0]), 'latin1')).not.toContain('canary');
    expect((await stat(String(files[0]))).mode & 0o777).toBe(0o600);
  });

  it('takes no more than its room, says so, and takes again once there is room', async () => {
    const spool = await spools.opened({ SPOOL_MAX_MB: '1' });
    const large = 'x'.repeat(60_000);
    const ends = await Promise.allSettled(
      Array.from({ length: 20 }, async (_, index) => spool.append(eventOf(index, large))),
    );
    const kept = ends.filter(({ status }) => status === 'fulfilled').length;
    expect(spool.size.bytes).toBeLessThanOrEqual(1024 * 1024);
    for (let tries = 0; tries < 20; tries += 1)
      await spool.append(eventOf(100 + tries, large)).catch(() => undefined);
    expect([spool.high, spool.fault]).toEqual([true, expect.stringContaining('SPOOL_MAX_MB=1')]);
    await spool.lookAround();
    expect(spool.fault).toContain('SPOOL_MAX_MB=1');
    expect((await keysIn(spool)).length).toBeGreaterThanOrEqual(kept);
    await spool.lookAround();
    expect([spool.high, spool.fault]).toEqual([false, null]);
  });

  it('ends a segment whose sync failed, never syncs it again, and writes its records to a new one, once', async () => {
    const syncs = await tellingOf(spools.folder);
    const spool = await spools.opened();
    await spool.append(eventOf(1));
    syncs.mockRejectedValueOnce(new Error('EIO'));
    await spool.append(eventOf(2));
    expect(await spools.files()).toHaveLength(2);
    const broken = new Error('EIO again');
    syncs.mockRejectedValueOnce(broken).mockRejectedValueOnce(broken);
    await expect(spool.append(eventOf(3))).rejects.toThrow('EIO again');
    expect(spool.fault).toBe('EIO again');
    await spool.append(eventOf(4));
    expect(spool.fault).toBeNull();
    syncs.mockRestore();
    expect(spool.size.records).toBe(3);
    await die(spool);
    expect(await keysIn(await spools.opened())).toEqual(['key-1', 'key-2', 'key-4']);
  });

  it('counts the first record of a segment once its name is on the disk as well', async () => {
    const folders = await tellingOf(spools.folder, 'sync');
    const spool = await spools.opened();
    folders.mockClear().mockRejectedValueOnce(new Error('EIO'));
    await fill(spool, 0, 3);
    await fill(spool, 3, 6);
    expect(folders).toHaveBeenCalledTimes(2);
    folders.mockRestore();
    await die(spool);
    expect(await keysIn(await spools.opened())).toEqual(range(0, 6));
  });

  it('keeps what is on its way to the disk when another write fails meanwhile', async () => {
    const folders = await tellingOf(spools.folder, 'sync');
    const writes = await tellingOf(spools.folder, 'appendFile');
    const spool = await spools.opened();
    const disk = Promise.withResolvers<void>();
    folders.mockClear().mockReturnValueOnce(disk.promise);
    const first = spool.append(eventOf(0));
    while (folders.mock.calls.length === 0) await pause(2);
    writes.mockRejectedValueOnce(new Error('ENOSPC'));
    const second = spool.append(eventOf(1));
    while ((await spools.files()).length < 2) await pause(2);
    disk.resolve();
    await Promise.all([first, second]);
    folders.mockRestore();
    writes.mockRestore();
    await die(spool);
    expect(await keysIn(await spools.opened())).toEqual(['key-0', 'key-1']);
  });

  it('keeps nobody waiting while the disk hangs, says so, and goes on when it answers', async () => {
    const syncs = await tellingOf(spools.folder);
    const spool = await spools.opened();
    const disk = Promise.withResolvers<void>();
    syncs.mockReturnValueOnce(disk.promise);
    const hanging = spool.append(eventOf(0));
    await pause(350);
    const asked = performance.now();
    await expect(spool.append(eventOf(1))).rejects.toThrow('has not answered');
    expect(performance.now() - asked).toBeLessThan(50);
    expect(spool.fault).toContain('has not answered');
    disk.resolve();
    await hanging;
    await spool.append(eventOf(2));
    syncs.mockRestore();
    expect([spool.fault, await keysIn(spool)]).toEqual([null, ['key-0', 'key-2']]);
  });

  it('writes before it is synced, also while the disk hangs, for whoever takes over from a killed process', async () => {
    const syncs = await tellingOf(spools.folder);
    const killed = await spools.opened();
    const disk = Promise.withResolvers<void>();
    syncs.mockReturnValueOnce(disk.promise);
    const hanging = [killed.append(eventOf(0))];
    await pause(50);
    hanging.push(killed.append(eventOf(1)));
    await pause(300);
    await expect(killed.append(eventOf(2))).rejects.toThrow('has not answered');
    await die(killed);
    expect(await keysIn(await spools.opened())).toEqual(range(0, 3));
    disk.resolve();
    await Promise.all(hanging);
    syncs.mockRestore();
  });

  it('notices a disk that takes nothing any more before an event comes', async () => {
    const syncs = await tellingOf(spools.folder);
    const spool = await spools.opened();
    syncs.mockRejectedValueOnce(new Error('ENOSPC'));
    await spool.lookAround();
    expect(spool.fault).toBeNull();
    const clock = jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 16_000);
    await spool.lookAround();
    expect(spool.fault).toBe('ENOSPC');
    await spool.lookAround();
    expect([spool.fault, await spools.files()]).toEqual([null, []]);
    clock.mockRestore();
    syncs.mockRestore();
  });

  it('is closed while its folder cannot be made, and opens when it can', async () => {
    await writeFile(join(spools.folder, 'spool'), 'not a folder');
    const spool = await spools.opened();
    await expect(spool.append(eventOf(1))).rejects.toThrow('ENOTDIR');
    expect(spool.fault).not.toBeNull();
    await rm(join(spools.folder, 'spool'));
    await spool.lookAround();
    expect(spool.fault).toBeNull();
    await spool.append(eventOf(2));
  });

  it('has its socket in a folder however deep', async () => {
    const deep = join(spools.folder, ...Array.from({ length: 8 }, () => 'a-folder-with-a-long-name'));
    await mkdir(deep, { recursive: true });
    const deepSpools = new Spools(deep);
    const first = await deepSpools.opened();
    await fill(first, 0, 2);
    expect(await keysIn(await deepSpools.opened())).toEqual([]);
    await die(first);
    expect(await keysIn(await deepSpools.opened())).toEqual(range(0, 2));
    await deepSpools.close();
  });
});

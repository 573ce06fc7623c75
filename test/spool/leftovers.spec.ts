import { randomBytes } from 'node:crypto';
import {
  appendFile,
  mkdir,
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
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Spool } from '#libs/durable';
import { pause } from '#libs/platform';

import { die, eventOf, fill, keysIn, range, Spools } from './spools.js';

/** Puts a file where a folder was. */
const exchange = async (file: string, place: string): Promise<void> => {
  await rmdir(place);
  await rename(file, place);
};

describe('what waits on the disk', () => {
  let spools: Spools;
  beforeEach(async () => {
    spools = await Spools.create();
  });
  afterEach(() => spools.close());

  it('hands over what a dead process left, also after its last record was torn', async () => {
    const first = await spools.opened();
    await fill(first, 0, 20);
    const [file = ''] = await spools.files();
    await appendFile(file, Buffer.from('SPL1\0\0\xffhalf of a record', 'latin1'));
    await die(first);
    const second = await spools.opened();
    expect(second.size.records).toBe(20);
    expect(await keysIn(second)).toEqual(range(0, 20));
  });

  it('takes no trial of the disk for an event, nor for damage, and notices a disk that hangs under one', async () => {
    const first = await spools.opened();
    const handle = await open(join(spools.folder, 'probe'), 'w');
    const syncs = jest.spyOn(Object.getPrototypeOf(handle) as FileHandle, 'datasync');
    await handle.close();
    const disk = Promise.withResolvers<void>();
    syncs.mockReturnValueOnce(disk.promise);
    const clock = jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 16_000);
    const looking = first.lookAround();
    while ((await spools.files()).length === 0) await pause(5);
    await pause(100);
    expect(first.fault).toBeNull();
    clock.mockReturnValue(performance.now() + 400);
    expect(first.fault).toContain('has not answered');
    clock.mockRestore();
    await die(first);
    const heir = await spools.opened();
    expect([heir.fault, heir.size.records, await spools.damagedIn(heir)]).toEqual([null, 0, 0]);
    expect(await keysIn(heir)).toEqual([]);
    expect(await spools.files()).toEqual([]);
    disk.resolve();
    await looking;
    syncs.mockRestore();
  });

  it('leaves alone what belongs to a process that lives', async () => {
    const first = await spools.opened();
    await fill(first, 0, 5);
    const second = await spools.opened();
    expect(await keysIn(second)).toEqual([]);
    expect(await keysIn(first)).toEqual(range(0, 5));
  });

  it('gives what a dead process left to one of many, once', async () => {
    const first = await spools.opened();
    for (let round = 0; round < 5; round += 1) {
      await fill(first, round * 10, round * 10 + 10);
      await pause(550);
      await first.next();
    }
    await die(first);
    const heirs = [spools.of(), spools.of(), spools.of()];
    await Promise.all(heirs.map((heir) => heir.onApplicationBootstrap()));
    const found = (await Promise.all(heirs.map((heir) => keysIn(heir)))).flat();
    expect(found.toSorted()).toEqual(range(0, 50).toSorted());
  });

  it('adopts all the dead although one of their folders cannot be cleared', async () => {
    await spools.dead(3);
    for (const name of await readdir(join(spools.folder, 'spool'))) {
      await rm(join(spools.folder, 'spool', name, 'owner.sock'), { force: true });
      await mkdir(join(spools.folder, 'spool', name, 'owner.sock'));
    }
    const heir = await spools.opened();
    expect([heir.size.records, heir.fault]).toEqual([3, null]);
    expect((await keysIn(heir)).toSorted()).toEqual(range(0, 3));
  });

  it('takes what it can of what the dead left, and the rest once that can be read', async () => {
    await spools.dead(3);
    const [bad = ''] = await spools.files();
    const aside = join(spools.folder, 'aside');
    await rename(bad, aside);
    await mkdir(bad);
    const heir = await spools.opened();
    expect([heir.size.records, heir.fault]).toEqual([2, null]);
    for (const path of await spools.files())
      if ((await stat(path)).isDirectory()) await exchange(aside, path);
    await heir.lookAround();
    expect((await keysIn(heir)).toSorted()).toEqual(range(0, 3));
  });

  it('skips damage in the middle and reads all the rest', async () => {
    const first = await spools.opened();
    await first.append(eventOf(0));
    const [file = ''] = await spools.files();
    const { length } = await readFile(file);
    await first.append(eventOf(1));
    await first.append(eventOf(2));
    const bytes = await readFile(file);
    bytes.fill(0x20, length + 20, length + 60);
    await writeFile(file, bytes);
    await die(first);
    expect(await keysIn(await spools.opened())).toEqual(['key-0', 'key-2']);
  });

  it('tells of damage in the last record, and cuts nothing off', async () => {
    const first = await spools.opened();
    await fill(first, 0, 1);
    await first.append(eventOf(1));
    const [file = ''] = await spools.files();
    const bytes = await readFile(file);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 9) ^ 1, bytes.length - 9);
    await writeFile(file, bytes);
    await die(first);
    const heir = await spools.opened();
    const [adopted = ''] = await spools.files();
    expect([await spools.damagedIn(heir), (await stat(adopted)).size]).toEqual([1, bytes.length]);
    expect(await keysIn(heir)).toEqual(['key-0']);
  });

  it('keeps what another key sealed until the right one comes, in nobody else’s way', async () => {
    const first = await spools.opened();
    await fill(first, 0, 3);
    await die(first);
    const stranger = await spools.opened({}, randomBytes(32));
    expect(await keysIn(stranger)).toEqual([]);
    await stranger.append(eventOf(9));
    expect(await keysIn(stranger)).toEqual(['key-9']);
    await spools.stop(stranger);
    expect(await keysIn(await spools.opened())).toEqual(range(0, 3));
  });

  /** A spool with one event in each of so many segments. */
  const segmented = async (count: number): Promise<Spool> => {
    const spool = await spools.opened();
    for (let number = 0; number < count; number += 1) {
      await spool.append(eventOf(number));
      await pause(550);
      await spool.next();
    }
    return spool;
  };

  it('passes by a segment of its own that cannot be read', async () => {
    const spool = await segmented(3);
    const [oldest = ''] = await spools.files();
    await rm(oldest);
    await mkdir(oldest);
    expect(await keysIn(spool)).toEqual(range(1, 3));
    expect(spool.size.records).toBe(1);
    await rmdir(oldest);
  });

  it('misses what was damaged in a segment of its own, and nothing else', async () => {
    const spool = await spools.opened();
    await spool.append(eventOf(0));
    const [file = ''] = await spools.files();
    const { length } = await readFile(file);
    await fill(spool, 1, 4);
    const disk = await open(file, 'r+');
    await disk.write(Buffer.alloc(40), 0, 40, length + 20);
    await disk.close();
    expect(await keysIn(spool)).toEqual(['key-0', 'key-2', 'key-3']);
    expect(spool.size.records).toBe(0);
  });

  it('takes an event for new that was written by a clock which was set back since', async () => {
    await spools.dead(1);
    const heir = await spools.opened();
    const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() - 3_600_000);
    const ages: number[] = [];
    await keysIn(heir, ({ ageMs = -1 }) => ages.push(ageMs));
    clock.mockRestore();
    expect(ages).toEqual([0]);
  });
});

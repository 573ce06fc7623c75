import { mkdir, rename, rm, rmdir } from 'node:fs/promises';
import type { Server } from 'node:net';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Backlog, type Spool } from '#libs/durable';

import { eventOf, fill, keysIn, range, Spools } from './spools.js';

const MINUTE_MS = 60_000;

describe('a spool that somebody removes', () => {
  let spools: Spools;
  let spool: Spool;
  beforeEach(async () => {
    spools = await Spools.create();
    spool = await spools.opened();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await spools.close();
  });

  const remove = (): Promise<void> => rm(join(spools.folder, 'spool'), { recursive: true });
  const socket = (): Server => (spool as unknown as { folder: { server: Server } }).folder.server;

  it('takes the next event in a new folder, counts what was lost, and waits for none of it', async () => {
    await fill(spool, 0, 3);
    const old = socket();
    await remove();
    await spool.append(eventOf(3));
    expect([old.listening, socket().listening]).toEqual([false, true]);
    const other = await spools.opened();
    expect(await keysIn(other)).toEqual([]);
    expect(await keysIn(spool)).toEqual(['key-3']);
    expect([spool.size.records, spool.fault, await spools.damagedIn(spool)]).toEqual([0, null, 3]);
  });

  it('has a new folder by itself, before an event comes', async () => {
    await remove();
    await spool.lookAround();
    await spool.lookAround();
    expect([spool.fault, socket().listening]).toEqual([null, true]);
    await fill(spool, 0, 2);
    expect(await keysIn(spool)).toEqual(range(0, 2));
  });

  it('claims one new folder, however many ask for it at the same time', async () => {
    await remove();
    const folders = new Set(
      await Promise.all(
        Array.from({ length: 5 }, () => (spool as unknown as { own(): Promise<unknown> }).own()),
      ),
    );
    expect(folders.size).toBe(1);
  });

  it('takes no event in a segment whose file alone was removed', async () => {
    await spool.append(eventOf(0));
    const [file = ''] = await spools.files();
    await rm(file);
    await spool.append(eventOf(1));
    expect(await keysIn(spool)).toEqual(['key-1']);
    expect([spool.size.records, await spools.damagedIn(spool)]).toEqual([0, 1]);
  });

  it('keeps nobody waiting for a segment that cannot be read twice, and still reads it once that works', async () => {
    const backlog = new Backlog({ backForMs: Number.POSITIVE_INFINITY, awayForMs: 0 } as never, spool, {
      size: 0,
    } as never);
    const waits = (): boolean => backlog.silenceTellsAfterMs(0) > 0;
    await spool.append(eventOf(0));
    const [file = ''] = await spools.files();
    const aside = join(spools.folder, 'aside');
    await rename(file, aside);
    await mkdir(file);
    expect([await keysIn(spool), waits()]).toEqual([[], true]);
    const clock = performance.now.bind(performance);
    jest.spyOn(performance, 'now').mockImplementation(() => clock() + MINUTE_MS);
    expect([await keysIn(spool), waits(), spool.size.records]).toEqual([[], false, 1]);
    await rmdir(file);
    await rename(aside, file);
    jest.spyOn(performance, 'now').mockImplementation(() => clock() + 2 * MINUTE_MS);
    expect(await keysIn(spool)).toEqual(['key-0']);
    expect([waits(), spool.size.records]).toEqual([false, 0]);
  });
});

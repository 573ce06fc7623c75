import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { pause } from '#libs/platform';

import { newCaller } from './hub.js';
import { until, type Running } from './process.js';
import { ProcessHub } from './process-hub.js';

/** As long as the longest stop, and a little more. */
const ENDS_WITHIN_MS = 16_000;
/** Lines, each of a text that nothing takes: more than a pipe and the hub's memory hold. */
const ENOUGH = 5_000;
const AT_ONCE = 2_500;
/** The exit code of a hub that had a call in its memory only. */
const EVENTS_LOST = 1;

describe('a hub whose log', () => {
  let hub: ProcessHub;
  let number: string;

  beforeAll(async () => {
    hub = await ProcessHub.prepare();
    const one = hub.start();
    await hub.ready();
    ({ number } = await hub.tenant());
    await hub.stop(one);
  }, 90_000);
  afterEach(async () => {
    await hub.database.open(true);
    hub.kill();
    await rm(join(hub.folder, 'spool'), { recursive: true, force: true });
  });
  afterAll(() => hub.close());

  const loseReaders = ({ process: child }: Running): void => {
    child.stdout?.destroy();
    child.stderr?.destroy();
  };
  const endOf = ({ exited }: Running): Promise<number | string | null> =>
    Promise.race([exited, pause(ENDS_WITHIN_MS).then(() => 'it stayed')]);

  /** A hub that logs a line for each text: neither its disk nor its database takes one. */
  const chatty = async (output: number | 'pipe' = 'pipe'): Promise<Running> => {
    const spool = join(hub.folder, 'spool');
    await rm(spool, { recursive: true, force: true });
    await writeFile(spool, 'not a folder');
    const one = hub.start({}, [], output);
    await hub.ready();
    await hub.database.open(false);
    return one;
  };
  const talk = async (): Promise<void> => {
    for (let said = 0; said < ENOUGH; said += AT_ONCE) {
      const texts = Array.from({ length: AT_ONCE }, () => hub.texts(newCaller(), number, 'Hello?'));
      for (const { status } of await Promise.all(texts)) expect(status).toBe(503);
    }
  };

  it('lost its reader answers calls all the same, also without its database, and leaves with 0', async () => {
    const one = hub.start();
    await hub.ready();
    loseReaders(one);
    await hub.database.open(false);
    await pause(4_000); // the job library complains on stderr meanwhile
    expect((await hub.calls(newCaller(), number)).status).toBe(200);
    one.process.kill('SIGTERM');
    expect(await endOf(one)).toBe(0);
  }, 60_000);

  it('lost its reader leaves although several last lines, written in one go, cannot be', async () => {
    const { href } = pathToFileURL('dist/libs/platform/src/output.js');
    const script = `
      const { standardOutput } = await import('${href}');
      const output = standardOutput(() => undefined);
      process.on('SIGTERM', () => {
        for (const line of 'abc') output.write(line);
        process.exit(3);
      });
      process.stderr.write('ready');
      setInterval(() => undefined, 1_000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'pipe' });
    const exited = once(child, 'exit');
    await once(child.stderr, 'data');
    child.stdout.destroy();
    child.kill('SIGTERM');
    const left = await Promise.race([exited, pause(5_000).then(() => ['it stayed'])]);
    child.kill('SIGKILL');
    expect(left).toEqual([3, null]);
  });

  it('is not read answers calls all the same, and says later how many lines were dropped', async () => {
    const one = await chatty();
    one.process.stdout?.pause();
    await talk();
    expect((await hub.calls(newCaller(), number)).status).toBe(200);
    one.process.stdout?.resume();
    await until(async () => /"lines":[1-9]\d*,"msg":"lines of this log were dropped/.test(one.said()));
  }, 60_000);

  it('is not read leaves all the same', async () => {
    const one = await chatty();
    one.process.stdout?.pause();
    await talk();
    one.process.kill('SIGTERM');
    expect(await endOf(one)).toBe(0);
  }, 60_000);

  it('is on a full disk answers calls all the same, and leaves', async () => {
    const one = await chatty(openSync('/dev/full', 'w'));
    await talk();
    expect((await hub.calls(newCaller(), number)).status).toBe(200);
    one.process.kill('SIGTERM');
    expect(await endOf(one)).toBe(EVENTS_LOST);
  }, 60_000);
});

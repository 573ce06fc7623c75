import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { until, type Running } from './process.js';
import { ProcessHub } from './process-hub.js';

describe('npm start', () => {
  let hub: ProcessHub;
  let npm: Running;

  beforeAll(async () => {
    hub = await ProcessHub.prepare();
  }, 90_000);
  afterEach(() => toAll('SIGKILL'));
  afterAll(() => hub.close());

  /** As a terminal does, and whoever ends a service with all its processes. */
  const toAll = (signal: NodeJS.Signals): void => {
    const { pid } = npm.process;
    if (pid === undefined) throw new Error('npm did not start.'); // nor may its group be taken for ours
    try {
      process.kill(-pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };
  const started = async (): Promise<void> => {
    npm = hub.startByNpm();
    await hub.ready();
  };
  const isGone = async (): Promise<boolean> =>
    fetch(`${hub.url}/health/live`).then(
      () => false,
      () => true,
    );
  const stops = (): number => npm.said().split('stopping: requests and jobs in hand finish').length - 1;

  it('stops the hub when npm alone is asked to, and waits for it', async () => {
    await started();
    npm.process.kill('SIGTERM');
    expect(await npm.exited).toBe(0);
    expect([await isGone(), stops()]).toEqual([true, 1]);
  }, 60_000);

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'stops the hub in peace when all its processes get %s, npm among them',
    async (signal) => {
      await started();
      toAll(signal);
      expect(await npm.exited).toBe(0);
      expect([await isGone(), stops()]).toEqual([true, 1]);
      expect(npm.said()).not.toContain('the stop was cut off');
    },
    60_000,
  );

  it('leaves no hub behind when npm is killed', async () => {
    await started();
    npm.process.kill('SIGKILL');
    await until(isGone, 5_000);
    expect(stops()).toBe(0);
  }, 60_000);
});

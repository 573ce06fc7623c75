import { describe, expect, it } from '@jest/globals';
import { Timers } from './timers.js';

const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('timers', () => {
  it('run nothing once they are closed, neither what waits nor what comes later', async () => {
    const timers = new Timers();
    const ran: string[] = [];
    timers.after(5, () => ran.push('waiting'));
    timers.close();
    timers.after(0, () => ran.push('late'));
    await pass(20);
    expect(ran).toEqual([]);
  });

  it('wake a sleeper when its signal is aborted', async () => {
    const timers = new Timers();
    const controller = new AbortController();
    const sleeping = timers.sleep(60_000, controller.signal);
    controller.abort();
    await sleeping;
    await timers.sleep(60_000, controller.signal);
    timers.close();
  });
});

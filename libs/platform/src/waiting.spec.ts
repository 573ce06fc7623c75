import { afterEach, describe, expect, it, jest } from '@jest/globals';

import { pause, within } from './waiting.js';

describe('a wait', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('takes as long as was said', async () => {
    const begun = performance.now();
    await pause(60);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(59);
  });

  it('for work gives what the work gives, or throws what it throws', async () => {
    expect(await within(Promise.resolve('done'), 50)).toBe('done');
    await expect(within(Promise.reject(new Error('broken')), 50)).rejects.toThrow('broken');
  });

  it('for work that takes longer ends late, and the work goes on', async () => {
    const ends: string[] = [];
    const work = pause(60).then(() => ends.push('work'));
    expect(await within(work, 20)).toBe('late');
    expect(ends).toEqual([]);
    await work;
    expect(ends).toEqual(['work']);
  });

  it('for work that fails later is nobody’s failure', async () => {
    const unheard: unknown[] = [];
    const hear = (error: unknown): unknown => unheard.push(error);
    process.on('unhandledRejection', hear);
    const work = pause(40).then(() => Promise.reject(new Error('too late')));
    expect(await within(work, 10)).toBe('late');
    await pause(60);
    process.off('unhandledRejection', hear);
    expect(unheard).toEqual([]);
  });

  it('leaves no timer behind, whichever comes first', async () => {
    const set = jest.spyOn(globalThis, 'setTimeout');
    const cleared = jest.spyOn(globalThis, 'clearTimeout');
    await within(Promise.resolve(), 60_000);
    await within(Promise.reject(new Error('broken')), 60_000).catch(() => undefined);
    const timers = set.mock.results.map(({ value }) => value);
    expect(timers).toHaveLength(2);
    expect(cleared.mock.calls.map(([timer]) => timer)).toEqual(timers);
  });
});

import { afterEach, describe, expect, it } from '@jest/globals';

import { OutageBreaker } from './outage-breaker.js';
import { pause } from '../waiting.js';

const outage = (): Promise<never> =>
  Promise.reject(Object.assign(new Error('It went away.'), { code: 'ECONNRESET' }));

/** A breaker before a database that is away until it is said to be alive. */
class Rig {
  alive = false;
  probes = 0;
  readonly told: boolean[] = [];
  readonly breaker = new OutageBreaker(() => {
    this.probes += 1;
    return this.alive ? Promise.resolve() : outage();
  });

  constructor() {
    this.breaker.whenOpen((open) => this.told.push(open));
  }

  async fail(times: number): Promise<void> {
    for (let i = 0; i < times; i += 1) await this.breaker.run(outage).catch(() => undefined);
  }

  async probed(times: number): Promise<void> {
    while (this.probes < times) await pause(5);
  }
}

describe('the breaker before the database', () => {
  let rig = new Rig();

  afterEach(() => {
    rig.breaker.stop();
    rig = new Rig();
  });

  it('opens after five outages in a row, and then calls nobody', async () => {
    await rig.fail(4);
    await rig.breaker.run(() => Promise.resolve());
    await rig.fail(4);
    expect(rig.breaker.closed).toBe(true);
    await rig.fail(1);
    expect([rig.breaker.closed, rig.told]).toEqual([false, [true]]);
    await expect(rig.breaker.run(() => Promise.reject(new Error('was called')))).rejects.toThrow('is away');
  });

  it('does not open for what is our own affair', async () => {
    const own = (): Promise<never> => Promise.reject(Object.assign(new Error('twice'), { code: '23505' }));
    await rig.fail(4);
    await rig.breaker.run(own).catch(() => undefined);
    await rig.fail(4);
    expect([rig.breaker.closed, rig.told]).toEqual([true, []]);
  });

  it('is not closed by what was under way when it opened', async () => {
    let succeed: () => void = () => undefined;
    const underWay = rig.breaker.run(() => new Promise<void>((done) => (succeed = done)));
    rig.breaker.trip();
    succeed();
    await underWay;
    expect(rig.breaker.closed).toBe(false);
    await rig.probed(2);
    expect([rig.breaker.closed, rig.told]).toEqual([false, [true]]);
  });

  it('is closed by its own probe, tells of it, and can open again', async () => {
    rig.breaker.trip();
    rig.breaker.trip();
    await rig.probed(1);
    expect(rig.breaker.closed).toBe(false);
    rig.alive = true;
    await rig.probed(2);
    await pause(0);
    expect([rig.breaker.closed, rig.told]).toEqual([true, [true, false]]);
    expect(rig.breaker.lastOpenForMs).toBeGreaterThan(400);
    rig.breaker.trip();
    expect([rig.breaker.closed, rig.told]).toEqual([false, [true, false, true]]);
  });
});

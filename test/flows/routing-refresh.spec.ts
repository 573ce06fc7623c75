import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Snapshot } from '#libs/durable';

import { TestHub } from '../hub.js';

describe('the routing in memory', () => {
  let hub: TestHub;

  beforeAll(async () => {
    hub = await TestHub.start();
  });
  afterAll(() => hub.stop());

  it('is brought up to what is committed when that is asked, though it was being read already', async () => {
    const snapshot = hub.app.get(Snapshot);
    const applied: unknown[] = [];
    let committed = 'before';
    let reads = 0;
    let release = (): void => undefined;
    const held = new Promise<void>((done) => (release = done));
    snapshot.register({
      name: 'of a test',
      changed: async () => {
        const read = committed;
        reads += 1;
        await held;
        return [{ read }];
      },
      apply: (rows) => applied.push(...rows.map(({ read }) => read)),
      dump: () => [],
    });
    const first = snapshot.refresh();
    await hub.eventually(() => Promise.resolve(reads === 1));
    committed = 'after';
    const asked = snapshot.refresh();
    release();
    await asked;
    expect(applied.at(-1)).toBe('after');
    await first;
  });
});

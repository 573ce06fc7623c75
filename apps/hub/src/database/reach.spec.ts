import { describe, expect, it } from '@jest/globals';
import { Unavailable } from '#libs/platform';

import { takenNow } from './reach.js';

describe('the first words of a start to its database', () => {
  it('are taken', async () => {
    expect(await takenNow(Promise.resolve(), 1_000)).toBe(true);
  });

  it('are said again later when it went away, or only lets us read', async () => {
    const outage = new Unavailable('database-unavailable', 'The database only lets us read.');
    expect(await takenNow(Promise.reject(outage), 1_000)).toBe(false);
  });

  it('are not waited for when it fell silent', async () => {
    expect(await takenNow(new Promise(() => undefined), 50)).toBe(false);
  });

  it('end the start when it is there and refuses them', async () => {
    await expect(takenNow(Promise.reject(new Error('permission denied')), 1_000)).rejects.toThrow('denied');
  });
});

import { randomBytes } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import { readConfiguration } from './config.js';

const PRODUCTION = {
  NODE_ENV: 'production',
  ADMIN_API_KEY: 'a'.repeat(32),
  ENCRYPTION_KEY: randomBytes(32).toString('base64'),
};

describe('the settings of a stop', () => {
  it('have a hub serve on for 5 s in production, where somebody balances, and not at all elsewhere', () => {
    const lameDuckMs = [PRODUCTION, { NODE_ENV: 'development' }, { NODE_ENV: 'test' }].map(
      (environment) => readConfiguration(environment).lameDuckMs,
    );
    expect(lameDuckMs).toEqual([5_000, 0, 0]);
  });

  it('are obeyed as given, as long as the stop has that time', () => {
    expect(readConfiguration({ ...PRODUCTION, LAME_DUCK_SECONDS: '0' }).lameDuckMs).toBe(0);
    expect(readConfiguration({ LAME_DUCK_SECONDS: '10' }).lameDuckMs).toBe(10_000);
    expect(() => readConfiguration({ LAME_DUCK_SECONDS: '11' })).toThrow('whole seconds, 0 to 10');
  });
});

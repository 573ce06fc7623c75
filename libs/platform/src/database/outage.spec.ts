import { describe, expect, it } from '@jest/globals';

import { isOutage } from './outage.js';

const failure = (fields: Readonly<Record<string, unknown>>): Error =>
  Object.assign(new Error('It failed.'), fields);

describe('what a database said or did not say', () => {
  it.each([
    ['a server that shuts down', { code: '57P01' }],
    ['a standby, after a failover', { code: '25006' }],
    ['no connection left', { code: '53300' }],
    ['a refused connection', { code: 'ECONNREFUSED' }],
    ['a cut network', { code: 'ENETUNREACH' }],
    ['a socket file that is gone', { code: 'ENOENT', syscall: 'connect' }],
  ])('is an outage: %s', (_what, fields) => {
    expect(isOutage(failure(fields))).toBe(true);
    expect(isOutage(new AggregateError([failure(fields)]))).toBe(true);
  });

  it.each([
    ['a wrong password', { code: '28P01' }],
    ['a constraint', { code: '23505' }],
    ['a file that is gone', { code: 'ENOENT', syscall: 'open' }],
    ['nothing that it has a code for', {}],
  ])('is our own affair: %s', (_what, fields) => {
    expect(isOutage(failure(fields))).toBe(false);
  });
});

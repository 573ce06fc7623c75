import { describe, expect, it } from '@jest/globals';

import { isAllowedDestination, isTextable } from './destination.domain.js';
import { policyOf } from './rest/error-policy.domain.js';

describe('a destination', () => {
  it.each<[string, string[], boolean]>([
    ['+14155550101', ['+1'], true],
    ['+16045550101', ['+1'], true],
    ['+18765550101', ['+1'], false],
    ['+18765550101', ['+1', '+1876'], true],
    ['+19005550101', ['+1'], false],
    ['+19005550101', ['+1900'], false],
    ['+447700900123', ['+1'], false],
    ['+447700900123', ['+1', '+44'], true],
    ['+8835100000000', ['+8'], false],
    ['+1911', ['+1'], false],
    ['911', ['+1'], false],
    ['', ['+1'], false],
  ])('%s with %j', (number, allowed, fine) => {
    expect(isAllowedDestination(number, allowed)).toBe(fine);
  });
});

describe('a caller', () => {
  it.each([
    ['+14155550101', true],
    ['anonymous', false],
    ['Restricted', false],
    ['+266696687', false],
    ['', false],
    ['12345', false],
    ['client:alice', false],
    ['<Dial>+1900</Dial>', false],
  ])('%s can be texted: %s', (from, can) => {
    expect(isTextable(from)).toBe(can);
  });
});

describe("Twilio's error codes", () => {
  it('mean what the table says, and an unknown one fails the message only', () => {
    expect(['21610', '30006', '21614', '30001', '20003', '99999', null].map(policyOf)).toEqual([
      'opted-out',
      'landline',
      'not-textable',
      'put-off',
      'account-stopped',
      'failed',
      'failed',
    ]);
  });
});

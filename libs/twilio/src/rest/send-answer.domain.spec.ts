import { describe, expect, it } from '@jest/globals';

import { outcomeOf } from './send-answer.domain.js';

const json = (value: unknown): string => JSON.stringify(value);

describe("Twilio's answer to a create", () => {
  it.each([
    [201, undefined, json({ sid: 'SM1' }), { kind: 'accepted', sid: 'SM1' }],
    [201, undefined, '{"sid": "SM', { kind: 'unknown' }],
    [200, undefined, json({}), { kind: 'unknown' }],
    [429, '7', '', { kind: 'put-off', retryAfterMs: 7_000 }],
    [429, undefined, '', { kind: 'put-off', retryAfterMs: 1_000 }],
    [429, 'soon', '', { kind: 'put-off', retryAfterMs: 1_000 }],
    [429, '99999', '', { kind: 'put-off', retryAfterMs: 300_000 }],
    [400, undefined, json({ code: 21610, message: 'x' }), { kind: 'refused', code: '21610' }],
    [400, undefined, json({ code: 21611 }), { kind: 'put-off', retryAfterMs: 60_000 }],
    [401, undefined, json({ code: 20003 }), { kind: 'refused', code: '20003', message: '' }],
    [403, undefined, json({ code: 20003 }), { kind: 'refused', code: '20003' }],
    [404, undefined, '<html>', { kind: 'refused', code: 'http-404' }],
    [408, undefined, '', { kind: 'unknown' }],
    [302, undefined, '', { kind: 'unknown' }],
    [500, undefined, json({ code: 20500 }), { kind: 'unknown' }],
    [503, '5', '', { kind: 'unknown' }],
  ])('%i, Retry-After %s: %s', (status, retryAfter, text, outcome) => {
    expect(outcomeOf({ status, retryAfter, text })).toMatchObject(outcome);
  });
});

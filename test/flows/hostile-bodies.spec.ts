import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ADMIN_KEY, newCaller, TestHub, type TestTenant } from '../hub.js';

describe('a body that nobody means', () => {
  let hub: TestHub;
  let tenant: TestTenant;

  beforeAll(async () => {
    hub = await TestHub.start();
    tenant = await hub.tenant();
  });
  afterAll(() => hub.stop());

  const to = '+14155550188';

  it.each<[string, string, unknown]>([
    ['PATCH', '/v1/tenant', { settings: null }],
    ['PATCH', '/v1/tenant', { settings: [] }],
    ['PATCH', '/v1/tenant', { settings: [{ aiTakeoverSeconds: 5 }] }],
    ['PATCH', '/v1/tenant', { settings: { businessHours: [] } }],
    ['PATCH', '/v1/tenant', { settings: { tradeType: 'a\u0000b' } }],
    ['PATCH', '/v1/tenant', { settings: { tradeType: '\ud800' } }],
    ['PATCH', '/v1/tenant', { settings: { ringSeconds: null } }],
    ['PATCH', '/v1/tenant', { name: null }],
    ['POST', '/v1/messages', { to, body: 'a\u0000b' }],
    ['POST', '/v1/messages', { to, body: 'x', mediaUrls: null }],
    ['POST', '/v1/messages', { to, body: 'x', sendAt: '2026-02-31T25:00:00Z' }],
    ['POST', '/v1/messages', [{ to, body: 'x' }]],
    ['POST', '/v1/messages', { to: { $ne: 1 }, body: 'x' }],
    ['POST', '/v1/api-keys', { name: 'x', scopes: null }],
    ['POST', '/v1/api-keys', { name: 'x', scopes: ['platform'] }],
  ])('is answered 400: %s %s %j', async (method, path, body) => {
    const answer = await hub.request(method, path, tenant.key, { body });
    expect([answer.status, answer.body['code']]).toEqual([400, 'invalid-request']);
  });

  it.each<[string, unknown]>([
    ['/v1/tenants', { name: 'x', timezone: 'UTC', language: null }],
    ['/v1/tenants', { name: 'x', timezone: '+05:30' }],
    ['/v1/tenants', { name: 'x', timezone: 'UTC', settings: [{}] }],
    ['/v1/phone-numbers', { tenantId: 'x', number: '+14155550177', accountSid: 'AC1', forwardTo: null }],
  ])('is answered 400 to the operator too: %s %j', async (path, body) => {
    expect((await hub.post(path, body, ADMIN_KEY)).status).toBe(400);
  });

  it.each([
    '/v1/calls?since=2026-W53-1',
    '/v1/calls?until=-0001-01-01',
    '/v1/calls?since=2026-01-01T25',
    '/v1/calls?from=%00',
    '/v1/conversations?customer=%00',
    `/v1/conversations?cursor=${Buffer.from('-271821-04-20T00:00:00.000Z/01a20466-71f0-73dd-b0d7-b2a7f662cf6d').toString('base64url')}`,
    '/v1/calls?limit=0',
    '/v1/calls?limit=1e9',
  ])('in the address is answered 400: %s', async (path) => {
    expect((await hub.get(path, tenant.key)).status).toBe(400);
  });

  it('of endless depth is answered 400', async () => {
    const response = await fetch(`${hub.url}/v1/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json' },
      body: '['.repeat(100_000) + ']'.repeat(100_000),
    });
    expect(response.status).toBe(400);
  });

  it('of a depth that is only too much for who looks into it is answered 400', async () => {
    for (const depth of [1_000, 2_000, 3_000, 4_000])
      for (const [opens, closes] of [
        ['[', ']'],
        ['{"a":', '}'],
      ] as const) {
        const response = await fetch(`${hub.url}/v1/tenant`, {
          method: 'PATCH',
          headers: { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json' },
          body: `{"settings":${opens.repeat(depth)}1${closes.repeat(depth)}}`,
        });
        expect([depth, opens, response.status]).toEqual([depth, opens, 400]);
      }
  });

  it('leaves the settings as they were', async () => {
    const { body } = await hub.patch<{ settings: object }>(
      '/v1/tenant',
      { settings: { aiTakeoverSeconds: 9 } },
      tenant.key,
    );
    expect(body.settings).toMatchObject({ aiTakeoverSeconds: 9 });
    expect(Object.keys(body.settings)).not.toContain('0');
  });

  it('takes an id in capitals for what it is', async () => {
    const number = newCaller();
    const body = { tenantId: tenant.id.toUpperCase(), number, accountSid: tenant.accountSid };
    expect((await hub.post('/v1/phone-numbers', body, ADMIN_KEY)).body).toMatchObject({
      tenantId: tenant.id,
      number,
    });
  });

  it('cannot pass a cap by coming all at once', async () => {
    const capped = await hub.tenant({ dailyMessageCap: 3 });
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => hub.post('/v1/messages', { to: newCaller(), body: 'x' }, capped.key)),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
    expect(answers.filter(({ body }) => body['code'] === 'rate-capped')).toHaveLength(9);
  });
});

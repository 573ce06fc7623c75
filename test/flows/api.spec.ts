import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ADMIN_KEY, newCaller, TestHub, type Answer, type TestTenant } from '../hub.js';

describe('the admin API', () => {
  let hub: TestHub;
  let tenant: TestTenant;

  beforeAll(async () => {
    hub = await TestHub.start();
    tenant = await hub.tenant();
  });
  afterAll(() => hub.stop());

  const send = (key: string, body: unknown, holder = tenant.key): Promise<Answer> =>
    hub.post('/v1/messages', body, holder, { 'idempotency-key': key });

  it('does once what is asked twice with one Idempotency-Key', async () => {
    const to = newCaller();
    const body = { to, body: 'Once' };
    const first = await send('key-1', body);
    const again = await send('key-1', body);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect((await send('key-1', { to, body: 'Other' })).body).toMatchObject({
      status: 422,
      code: 'idempotency-key-reused',
    });
    await hub.eventually(async () => hub.sandbox.textsTo(to).length === 1);
  });

  it('does once what is asked 30 times at once', async () => {
    const to = newCaller();
    const answers = await Promise.all(Array.from({ length: 30 }, () => send('key-2', { to, body: 'Once' })));
    expect(answers.filter(({ status }) => status !== 201 && status !== 409)).toEqual([]);
    expect(new Set(answers.filter(({ status }) => status === 201).map(({ body }) => body['id'])).size).toBe(
      1,
    );
  });

  it('keeps the keys of different holders apart, and keeps a refusal too', async () => {
    const other = await hub.tenant();
    const body = { to: newCaller(), body: 'Hi' };
    expect((await send('key-3', body)).status).toBe(201);
    expect((await send('key-3', body, other.key)).status).toBe(201);
    const refused = { to: '+19005551234', body: 'Hi' };
    expect((await send('key-4', refused)).body).toMatchObject({
      status: 422,
      code: 'destination-not-allowed',
    });
    expect((await send('key-4', refused)).body).toMatchObject({
      status: 422,
      code: 'destination-not-allowed',
    });
    expect((await send('x'.repeat(256), refused)).status).toBe(400);
  });

  it.each([
    ['premium', '+19005551234'],
    ['satellite', '+8835100000000'],
    ['another country', '+37060000000'],
    ['the Caribbean', '+18765551234'],
  ])('refuses a destination: %s', async (_, to) => {
    expect((await hub.post('/v1/messages', { to, body: 'x' }, tenant.key)).body).toMatchObject({
      status: 422,
      code: 'destination-not-allowed',
    });
  });

  it.each([
    ['no E.164', { to: '911', body: 'x' }],
    ['empty', { to: '+14155550188', body: '' }],
    ['too long', { to: '+14155550188', body: 'x'.repeat(1601) }],
    [
      'too many pictures',
      {
        to: '+14155550188',
        body: 'x',
        mediaUrls: Array.from({ length: 11 }, (_, n) => `https://a.test/${n}.png`),
      },
    ],
    ['too late', { to: '+14155550188', body: 'x', sendAt: '2001-01-01T00:00:00Z' }],
    ['no text', { to: '+14155550188', body: 7 }],
  ])('refuses a message: %s', async (_, body) => {
    const answer = await hub.post('/v1/messages', body, tenant.key);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body).toMatchObject({
      code: 'invalid-request',
      errors: [{ path: expect.any(String), message: expect.any(String) }],
    });
  });

  it.each([
    ['an emergency line', ['911'], 422, 'destination-not-allowed'],
    ['a hub number', null, 422, 'routing-loop'],
    ['nothing like a number', ['call me'], 400, 'invalid-request'],
  ])('refuses to forward to %s', async (_, forwardTo, status, code) => {
    const body = { forwardTo: forwardTo ?? [tenant.number] };
    expect(
      (await hub.patch(`/v1/phone-numbers/${tenant.phoneNumberId}`, body, tenant.key)).body,
    ).toMatchObject({ status, code });
  });

  it('merges settings key by key', async () => {
    const { id, key } = await hub.tenant({ ringSeconds: 30 });
    const changed = await hub.patch<{ settings: Record<string, unknown> }>(
      '/v1/tenant',
      { settings: { aiTakeoverSeconds: 90 } },
      key,
    );
    expect(changed.body.settings).toMatchObject({
      ringSeconds: 30,
      aiTakeoverSeconds: 90,
      minRingSeconds: 3,
    });
    const nulled = await hub.patch<{ settings: Record<string, unknown> }>(
      `/v1/tenants/${id}`,
      { settings: { aiReclaimSeconds: null } },
      ADMIN_KEY,
    );
    expect(nulled.body.settings).toMatchObject({ aiReclaimSeconds: null, aiTakeoverSeconds: 90 });
  });

  it('pages through a list without gaps while rows are inserted', async () => {
    const { key } = await hub.tenant();
    const make = (n: number): Promise<unknown> =>
      hub.post('/v1/api-keys', { name: `key ${n}`, scopes: ['read'] }, key);
    for (let n = 0; n < 5; n += 1) await make(n);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '?limit=2' : `?limit=2&cursor=${cursor}`;
      const { body } = await hub.get<{ data: { id: string }[]; nextCursor: string | null }>(
        `/v1/api-keys${query}`,
        key,
      );
      seen.push(...body.data.map(({ id }) => id));
      cursor = body.nextCursor;
      await make(100 + seen.length);
    } while (cursor !== null);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toHaveLength(6);
  });

  it('answers what nobody can read with a problem', async () => {
    const headers = { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json' };
    const broken = await fetch(`${hub.url}/v1/messages`, { method: 'POST', headers, body: '{"to":' });
    expect(broken.status).toBe(400);
    expect(await broken.json()).toMatchObject({ code: 'invalid-request' });
    const huge = await fetch(`${hub.url}/v1/messages`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ body: 'x'.repeat(300_000) }),
    });
    expect(huge.status).toBe(413);
    expect((await fetch(`${hub.url}/v1/nothing`, { headers })).status).toBe(404);
    expect((await fetch(`${hub.url}/metrics`)).status).toBe(404);
    expect((await fetch(`${hub.url}/.env`)).status).toBe(404);
  });

  it('never shows a token again', async () => {
    const accountSid = `AC${'7'.repeat(32)}`;
    const made = await hub.post(
      '/v1/twilio-accounts',
      { accountSid, authToken: 'very-secret-token' },
      ADMIN_KEY,
    );
    expect(made.status).toBe(201);
    const listed = await hub.get('/v1/twilio-accounts', ADMIN_KEY);
    expect(JSON.stringify([made.body, listed.body])).not.toContain('very-secret-token');
    const rows = await hub.database.query('select auth_token from twilio_accounts where account_sid = $1', [
      accountSid,
    ]);
    expect(String(rows[0]?.['auth_token'])).not.toContain('very-secret-token');
    expect((await hub.post('/v1/twilio-accounts', { accountSid, authToken: 'x' }, ADMIN_KEY)).status).toBe(
      409,
    );
    expect((await hub.request('DELETE', `/v1/twilio-accounts/${accountSid}`, ADMIN_KEY)).status).toBe(204);
    expect((await hub.get(`/v1/twilio-accounts/${accountSid}`, ADMIN_KEY)).status).toBe(404);
  });

  it('answers health without a key', async () => {
    const health = await fetch(`${hub.url}/health`);
    expect(await health.json()).toMatchObject({
      status: 'ok',
      checks: { database: { status: 'ok' }, jobs: { status: 'ok' }, twilio: { status: 'ok' } },
    });
    expect((await fetch(`${hub.url}/health/live`)).status).toBe(200);
    expect((await fetch(`${hub.url}/health/ready`)).status).toBe(200);
  });
});

describe('the rate limit', () => {
  let hub: TestHub;

  beforeAll(async () => {
    hub = await TestHub.start({ API_RATE_PER_SECOND: '20', API_RATE_BURST: '30' });
  });
  afterAll(() => hub.stop());

  it('refuses what is over it, and says when to come again', async () => {
    const { key } = await hub.tenant();
    const ask = (): Promise<Response> =>
      fetch(`${hub.url}/v1/tenant`, { headers: { authorization: `Bearer ${key}` } });
    const answers = await Promise.all(Array.from({ length: 120 }, ask));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(answers.filter(({ status }) => status !== 200 && status !== 429)).toEqual([]);
  });
});

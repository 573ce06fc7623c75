import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { v7 } from 'uuid';

import { ADMIN_KEY, newCaller, SERVICE_KEY, TestHub, type TestTenant } from '../hub.js';

interface Description {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly security?: readonly Record<string, unknown>[] }>>>
  >;
}

const { paths } = JSON.parse(readFileSync('openapi.json', 'utf8')) as Description;
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const routes = Object.entries(paths).flatMap(([path, operations]) =>
  Object.keys(operations)
    .filter((method) => METHODS.includes(method))
    .map((method) => ({ method: method.toUpperCase(), path })),
);

/** What a tenant sees of its own, and the operator of all. */
const OF_BOTH = '/v1/dead-letters';

/** Of a body only what is the same for every request: the instance names the request. */
const plain = (body: Record<string, unknown>): Record<string, unknown> => ({ ...body, instance: '' });

describe('a tenant', () => {
  let hub: TestHub;
  let one: TestTenant;
  let two: TestTenant;
  let theirs: Record<string, string>;

  beforeAll(async () => {
    hub = await TestHub.start();
    [one, two] = [await hub.tenant(), await hub.tenant()];
    const customer = newCaller();
    await hub.call(customer, two.number, { behaviour: 'busy' });
    const of = async (path: string): Promise<string> =>
      hub.eventually(async () => (await hub.get<{ data: { id: string }[] }>(path, two.key)).body.data[0]?.id);
    const conversations = await of('/v1/conversations');
    theirs = {
      calls: await of('/v1/calls'),
      conversations,
      messages: await of(`/v1/conversations/${conversations}/messages`),
      'phone-numbers': two.phoneNumberId,
      'api-keys': await of('/v1/api-keys'),
      'dead-letters': v7(),
    };
  });
  afterAll(() => hub.stop());

  const bodies: Record<string, unknown> = {
    '/v1/conversations/{id}/messages': { body: 'x' },
    '/v1/messages/{id}/resolve': { as: 'discard' },
    '/v1/phone-numbers/{id}': { forwardTo: ['+14155550666'] },
  };

  it.each(
    routes
      .filter(({ path }) => path.includes('{id}') && !path.startsWith('/v1/tenants'))
      .map((route) => [route.method, route.path] as const),
  )('cannot tell a foreign id from none: %s %s', async (method, path) => {
    const kind = path.split('/')[2] ?? '';
    const body = method === 'GET' || method === 'DELETE' ? {} : { body: bodies[path] ?? {} };
    const [foreign, none] = await Promise.all(
      [theirs[kind] ?? '', v7()].map((id) => hub.request(method, path.replace('{id}', id), one.key, body)),
    );
    expect(foreign?.status).toBe(404);
    expect(plain(foreign?.body ?? {})).toEqual(plain(none?.body ?? {}));
    expect((await hub.request(method, path.replace('{id}', 'not-an-id'), one.key, body)).status).toBe(404);
  });

  it.each(routes.map((route) => [route.method, route.path] as const))(
    'is asked for a key: %s %s',
    async (method, path) => {
      const url = path.replace('{id}', v7()).replace('{accountSid}', `AC${'1'.repeat(32)}`);
      const internal = path.startsWith('/internal');
      for (const key of ['', `${one.key}x`, randomUUID()]) {
        const answer = await hub.request(
          method,
          url,
          key,
          method === 'GET' || method === 'DELETE' ? {} : { body: {} },
        );
        expect(answer.status).toBe(401);
        if (!internal) expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
      }
      expect((await hub.request(method, `${url}?api_key=${one.key}`, '')).status).toBe(401);
    },
  );

  it.each(
    routes
      .filter(({ path }) => !path.startsWith('/internal'))
      .map((route) => [route.method, route.path] as const),
  )('is kept to its scope, and the operator to theirs: %s %s', async (method, path) => {
    const url = path.replace('{id}', v7()).replace('{accountSid}', `AC${'1'.repeat(32)}`);
    const body = method === 'GET' || method === 'DELETE' ? {} : { body: {} };
    const answers = await Promise.all([one.key, ADMIN_KEY].map((key) => hub.request(method, url, key, body)));
    const refused = answers.filter(({ status }) => status === 403);
    expect(refused).toHaveLength(path.startsWith(OF_BOTH) ? 0 : 1);
  });

  it('sees only its own lists, whatever it asks', async () => {
    for (const path of ['/v1/calls', '/v1/conversations']) {
      const { body } = await hub.get<{ data: unknown[] }>(path, one.key);
      expect(body.data).toEqual([]);
      expect((await hub.get(`${path}?tenantId=${two.id}`, one.key)).status).toBe(400);
    }
    const page = await hub.get<{ nextCursor: string | null }>('/v1/calls?limit=1', two.key);
    expect((await hub.get('/v1/calls?cursor=bm9uc2Vuc2U', one.key)).status).toBe(400);
    expect(page.status).toBe(200);
    expect((await hub.get('/v1/calls?limit=1000000', one.key)).status).toBe(400);
  });

  it('whose key is revoked is out at once', async () => {
    const made = await hub.post<{ id: string; secret: string }>(
      '/v1/api-keys',
      { name: 'screen', scopes: ['read'] },
      one.key,
    );
    expect((await hub.get('/v1/calls', made.body.secret)).status).toBe(200);
    expect((await hub.patch('/v1/tenant', { name: 'x' }, made.body.secret)).status).toBe(403);
    expect((await hub.request('DELETE', `/v1/api-keys/${made.body.id}`, one.key)).status).toBe(204);
    expect((await hub.get('/v1/calls', made.body.secret)).status).toBe(401);
  });

  it('cannot change what is not its own to change', async () => {
    for (const body of [
      { status: 'suspended' },
      { tenantId: two.id },
      { settings: { role: 'owner' } },
      { settings: { ringSeconds: 1 } },
    ]) {
      expect((await hub.patch('/v1/tenant', body, one.key)).status).toBe(400);
    }
  });

  it('is hidden from SQL that forgets it', async () => {
    const tables = await hub.database.query(`
      select c.relname as name, c.relrowsecurity as on, c.relforcerowsecurity as forced from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
      where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace`);
    expect(tables.length).toBeGreaterThan(10);
    expect(tables.filter((table) => table['on'] !== true || table['forced'] !== true)).toEqual([]);
  });

  it('keeps sibling services behind their key', async () => {
    const closed = await hub.request('POST', '/internal/sms/send', '', {
      body: {},
      headers: { 'x-service-key': 'wrong' },
    });
    expect([401, 404]).toContain(closed.status);
    expect(SERVICE_KEY).not.toBe('wrong');
  });
});

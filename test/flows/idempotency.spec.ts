import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { pause } from '#libs/platform';

import {
  ADMIN_KEY,
  newCaller,
  OTHER_ACCOUNT,
  SERVICE_KEY,
  TestHub,
  type Answer,
  type TestTenant,
} from '../hub.js';

/** What the hub answers is lost to it and to the client, the way a database that goes away loses it. */
const LOSE_ANSWERS = `
  create function lose_answer() returns trigger language plpgsql as $$
    begin raise exception 'the connection is gone' using errcode = '57P01'; end $$;
  create trigger lose_answers before update on idempotency_keys for each row when (new.status is not null)
    execute function lose_answer()`;
const KEEP_ANSWERS =
  'drop trigger if exists lose_answers on idempotency_keys; drop function if exists lose_answer';
/** As a process leaves it that was killed after its commit, 30 s ago. */
const KILLED = `
  update idempotency_keys set status = null, answer = null, claimed_until = clock_timestamp() - interval '1 second'
  where key = $1`;

describe('an Idempotency-Key whose first answer was lost', () => {
  let hub: TestHub;
  let tenant: TestTenant;
  let keys = 0;

  beforeAll(async () => {
    hub = await TestHub.start();
    tenant = await hub.tenant();
  });
  afterEach(() => hub.database.query(KEEP_ANSWERS));
  afterAll(() => hub.stop());

  const newKey = (): string => `lost-${(keys += 1)}`;
  const write = (key: string, body: unknown, path = '/v1/messages'): Promise<Answer> =>
    hub.post(path, body, tenant.key, { 'idempotency-key': key });
  const forService = (key: string, body: object): Promise<Answer> =>
    hub.post('/internal/sms/send', { ...body, tenantId: tenant.id, from: tenant.number }, '', {
      'x-service-key': SERVICE_KEY,
      'idempotency-key': key,
    });
  const bodies = async (to: string): Promise<readonly unknown[]> =>
    (
      await hub.database.query(
        `select m.body from conversation_entries e join messages m on m.id = e.message_id
         join contacts c on c.id = m.contact_id where c.number = $1 order by e.seq`,
        [to],
      )
    ).map(({ body }) => body);
  const once = async (to: string, body = 'Once'): Promise<void> => {
    await hub.eventually(async () => hub.sandbox.textsTo(to).length > 0);
    await pause(500);
    expect(hub.sandbox.textsTo(to)).toEqual([body]);
    expect(await bodies(to)).toEqual([body]);
  };

  it('sends once, and answers with that text, when the database went away before the answer was kept', async () => {
    const [to, key] = [newCaller(), newKey()];
    await hub.database.query(LOSE_ANSWERS);
    expect((await write(key, { to, body: 'Once' })).status).toBe(503);
    await hub.database.query(KEEP_ANSWERS);
    const again = await hub.eventually(async () => {
      const answer = await write(key, { to, body: 'Once' });
      return answer.status !== 503 && answer;
    });
    expect(again).toMatchObject({ status: 201, body: { body: 'Once', direction: 'outbound' } });
    await once(to);
  });

  it('still takes no other body', async () => {
    const [to, key] = [newCaller(), newKey()];
    await hub.database.query(LOSE_ANSWERS);
    expect((await write(key, { to, body: 'Once' })).status).toBe(503);
    await hub.database.query(KEEP_ANSWERS);
    const other = await hub.eventually(async () => {
      const answer = await write(key, { to, body: 'Twice' });
      return answer.status !== 503 && answer;
    });
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } });
    await once(to);
  });

  it('sends once when the process was killed before the answer was kept', async () => {
    const [to, key] = [newCaller(), newKey()];
    const first = await write(key, { to, body: 'Once' });
    await hub.database.query(KILLED, [key]);
    const again = await write(key, { to, body: 'Once' });
    expect([again.status, again.body['id']]).toEqual([201, first.body['id']]);
    await once(to);
  });

  it('replies once, and schedules once, even when the time has come meanwhile', async () => {
    const [to, key] = [newCaller(), newKey()];
    const { body: opened } = await write(newKey(), { to, body: 'Hi' });
    const reply = { body: 'Once' };
    const path = `/v1/conversations/${String(opened['conversationId'])}/messages`;
    const first = await write(key, reply, path);
    await hub.database.query(KILLED, [key]);
    expect((await write(key, reply, path)).body['id']).toBe(first.body['id']);

    const later = { to, body: 'Later', sendAt: new Date(Date.now() + 1_500).toISOString() };
    const [scheduled, at] = [newKey(), newKey()];
    expect((await write(scheduled, later)).status).toBe(201);
    await hub.eventually(async () => hub.sandbox.textsTo(to).length === 3);
    await hub.database.query(KILLED, [scheduled]);
    expect((await write(scheduled, later)).status).toBe(201);
    expect((await write(at, later)).status).toBe(400);
    await pause(500);
    expect(await bodies(to)).toEqual(['Hi', 'Once', 'Later']);
  });

  it('sends once for a sibling service', async () => {
    const [to, key] = [newCaller(), newKey()];
    const first = await forService(key, { to, body: 'Once' });
    await hub.database.query(KILLED, [key]);
    const again = await forService(key, { to, body: 'Once' });
    expect([again.status, again.body['messageId']]).toEqual([200, first.body['messageId']]);
    await once(to);
  });

  /** Asks twice with one key, whose first answer a killed process never kept. */
  const twice = async (path: string, body: object, by: string): Promise<readonly Answer[]> => {
    const key = newKey();
    const first = await hub.post(path, body, by, { 'idempotency-key': key });
    await hub.database.query(KILLED, [key]);
    const second = await hub.post(path, body, by, { 'idempotency-key': key });
    expect([first.status, second.status]).toEqual([201, 201]);
    return [first, second];
  };
  const reads = async (secret: unknown): Promise<number> =>
    (await hub.get('/v1/tenant', String(secret))).status;

  it('makes one tenant, and its key that was heard of last is the one that works', async () => {
    const made = await twice('/v1/tenants', { name: 'Made once', timezone: 'UTC' }, ADMIN_KEY);
    const [first, second] = made.map(({ body }) => body['apiKey'] as { id: string; secret: string });
    expect(await hub.database.query(`select id from tenants where name = 'Made once'`)).toEqual([
      { id: made[1]?.body['id'] },
    ]);
    expect(made[0]?.body['id']).toBe(made[1]?.body['id']);
    expect([await reads(first?.secret), await reads(second?.secret)]).toEqual([401, 200]);
  });

  it('makes one API key, by the tenant and by the operator', async () => {
    for (const [path, by] of [
      ['/v1/api-keys', tenant.key],
      [`/v1/tenants/${tenant.id}/api-keys`, ADMIN_KEY],
    ] as const) {
      const name = `Made once for ${path}`.slice(0, 60);
      const [first, second] = await twice(path, { name, scopes: ['read'] }, by);
      expect(first?.body['id']).toBe(second?.body['id']);
      const rows = await hub.database.query('select id from api_keys where name = $1', [name]);
      expect(rows).toEqual([{ id: first?.body['id'] }]);
      expect([await reads(first?.body['secret']), await reads(second?.body['secret'])]).toEqual([401, 200]);
    }
  });

  it('gives a number once, and registers an account once, both times with 201', async () => {
    const number = newCaller();
    const given = { tenantId: tenant.id, number, accountSid: OTHER_ACCOUNT.accountSid };
    const numbers = await twice('/v1/phone-numbers', given, ADMIN_KEY);
    expect(numbers[0]?.body).toEqual(numbers[1]?.body);
    expect((await hub.post('/v1/phone-numbers', given, ADMIN_KEY)).status).toBe(409);
    const account = { accountSid: `AC${'e'.repeat(32)}`, authToken: 'f'.repeat(32) };
    const accounts = await twice('/v1/twilio-accounts', account, ADMIN_KEY);
    expect(accounts[0]?.body).toEqual(accounts[1]?.body);
    expect((await hub.post('/v1/twilio-accounts', account, ADMIN_KEY)).status).toBe(409);
  });

  it('means something new after a day', async () => {
    const [to, key] = [newCaller(), newKey()];
    const first = await write(key, { to, body: 'Once' });
    await hub.database.query(
      `update idempotency_keys set created_at = created_at - interval '25 hours' where key = $1`,
      [key],
    );
    const again = await write(key, { to, body: 'Once' });
    expect(again.status).toBe(201);
    expect(again.body['id']).not.toBe(first.body['id']);
  });
});

import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pause } from '#libs/platform';

import { newCaller, SERVICE_KEY, TestHub, type Answer, type TestTenant } from '../hub.js';

interface Sent {
  readonly success: boolean;
  readonly messageId: string;
  readonly messageSid: string | null;
  readonly status: string;
}

describe('a sibling service', () => {
  let hub: TestHub;
  let tenant: TestTenant;

  beforeAll(async () => {
    hub = await TestHub.start();
    tenant = await hub.tenant();
  });
  afterAll(() => hub.stop());

  const send = (body: object, headers: Record<string, string> = {}): Promise<Answer<Sent>> =>
    hub.post<Sent>('/internal/sms/send', body, '', { 'x-service-key': SERVICE_KEY, ...headers });

  it("texts a tenant's customer, who then talks to a human", async () => {
    const to = newCaller();
    const answer = await send({ to, from: tenant.number, body: 'Your invoice', tenantId: tenant.id });
    expect(answer).toMatchObject({
      status: 200,
      body: { success: true, messageSid: null, status: 'queued' },
    });
    await hub.eventually(async () => hub.sandbox.textsTo(to).length === 1);
    expect(hub.sandbox.textsTo(to)).toEqual(['Your invoice']);
    const message = await hub.get(`/v1/messages/${answer.body.messageId}`, tenant.key);
    expect(message).toMatchObject({ status: 200, body: { author: 'human', purpose: 'reply' } });
  });

  it('sends once what it asks for twice with one Idempotency-Key', async () => {
    const to = newCaller();
    const key = { 'idempotency-key': randomUUID() };
    const body = { to, from: tenant.number, body: 'Once', tenantId: tenant.id };
    const first = await send(body, key);
    const again = await send(body, key);
    expect(again).toMatchObject({ status: 200, body: first.body });
    await hub.eventually(async () => hub.sandbox.textsTo(to).length > 0);
    await pause(300);
    expect(hub.sandbox.textsTo(to)).toEqual(['Once']);
  });

  it("is refused a sender that is another tenant's, or nobody's", async () => {
    const other = await hub.tenant();
    for (const from of [other.number, '+14155559999', 'HarborPipe']) {
      const answer = await send({ to: newCaller(), from, body: 'Hi', tenantId: tenant.id });
      expect(answer).toMatchObject({ status: 422, body: { code: 'unknown-sender' } });
    }
  });

  it('learns nothing of a tenant that is not there', async () => {
    for (const tenantId of [randomUUID(), '00000000-0000-0000-0000-000000000000']) {
      const answer = await send({ to: newCaller(), from: tenant.number, body: 'Hi', tenantId });
      expect(answer).toMatchObject({ status: 404, body: { code: 'not-found' } });
    }
  });

  it('meets the rules that every text passes', async () => {
    const to = newCaller();
    await hub.text(to, tenant.number, 'STOP');
    const body = { from: tenant.number, body: 'Hi', tenantId: tenant.id };
    await hub.eventually(async () => (await send({ ...body, to })).status === 422);
    expect(await send({ ...body, to })).toMatchObject({ status: 422, body: { code: 'recipient-opted-out' } });
    const abroad = await send({ ...body, to: '+8821612345678' });
    expect(abroad).toMatchObject({ status: 422, body: { code: 'destination-not-allowed' } });
  });

  it('needs its key, and a body that can be read', async () => {
    const body = { to: newCaller(), from: tenant.number, body: 'Hi', tenantId: tenant.id };
    expect((await send(body, { 'x-service-key': 'wrong' })).status).toBe(401);
    expect((await hub.post('/internal/sms/send', body, tenant.key)).status).toBe(401);
    expect((await send({ ...body, urgent: true })).status).toBe(400);
    expect((await send({ ...body, to: '555' })).status).toBe(400);
    expect((await send({ ...body, tenantId: 'me' })).status).toBe(400);
  });

  it('is told nothing while AS_CALL_SERVICE_URL is not set', async () => {
    const caller = newCaller();
    await hub.call(caller, tenant.number, { behaviour: 'busy', afterSeconds: 1 });
    await hub.eventually(async () => hub.sandbox.textsTo(caller).length === 1);
    expect(await hub.database.query('select 1 from call_service_deliveries')).toEqual([]);
  });
});

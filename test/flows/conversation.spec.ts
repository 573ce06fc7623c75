import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { pause } from '#libs/platform';

import { newCaller, newSid, TestHub, type TestTenant } from '../hub.js';

interface Shown {
  readonly id: string;
  readonly handler: string;
  readonly status: string;
  readonly epoch: number;
  readonly aiTakeoverAt: string | null;
  readonly waitingSince: string | null;
}

interface MessageShown {
  readonly id: string;
  readonly author: string;
  readonly purpose: string;
  readonly status: string;
  readonly body: string;
}

describe('a conversation', () => {
  let hub: TestHub;
  let tenant: TestTenant;

  beforeAll(async () => {
    hub = await TestHub.start();
    tenant = await hub.tenant({ aiTakeoverSeconds: 1 });
  });
  afterAll(() => hub.stop());

  const conversationOf = (
    customer: string,
    fits: (shown: Shown) => boolean = () => true,
    of = tenant,
  ): Promise<Shown> =>
    hub.eventually(async () => {
      const { body } = await hub.get<{ data: Shown[] }>(
        `/v1/conversations?customer=${encodeURIComponent(customer)}`,
        of.key,
      );
      return body.data.find(fits);
    });

  const messagesOf = async (id: string, of = tenant): Promise<MessageShown[]> =>
    (
      await hub.get<{ data: MessageShown[] }>(`/v1/conversations/${id}/messages`, of.key)
    ).body.data.toReversed();

  it('lets the AI answer when no human did in time', async () => {
    const customer = newCaller();
    await hub.text(customer, tenant.number, 'Hi, my kitchen sink is leaking');
    const waiting = await conversationOf(customer, ({ waitingSince }) => waitingSince !== null);
    expect(waiting.handler).toBe('unassigned');
    expect(Date.parse(waiting.aiTakeoverAt ?? '') - Date.parse(waiting.waitingSince ?? '')).toBe(1_000);
    await conversationOf(customer, ({ handler }) => handler === 'ai');
    await hub.eventually(async () => hub.sandbox.textsTo(customer).length === 1);
    expect(hub.sandbox.textsTo(customer)[0]).toMatch(/automated assistant/i);
    const messages = await messagesOf(waiting.id);
    expect(messages.map(({ author }) => author)).toEqual(['customer', 'ai']);
  });

  it('lets the human win when the reply comes before the timer', async () => {
    const customer = newCaller();
    await hub.text(customer, tenant.number, 'Is anyone there?');
    const { id, epoch } = await conversationOf(customer, ({ waitingSince }) => waitingSince !== null);
    const reply = await hub.post(`/v1/conversations/${id}/messages`, { body: 'On my way' }, tenant.key);
    expect(reply.status).toBe(201);
    await pause(1_500);
    expect(hub.sandbox.textsTo(customer)).toEqual(['On my way']);
    expect(await conversationOf(customer)).toMatchObject({
      handler: 'human',
      aiTakeoverAt: null,
      waitingSince: null,
      epoch: epoch + 1,
    });
  });

  it('stays with the human whose reply was being committed when the timer rang, and delays no neighbour', async () => {
    const [customer, neighbour] = [newCaller(), newCaller()];
    const human = new Client({ connectionString: hub.database.address.url });
    await human.connect();
    try {
      await hub.text(customer, tenant.number, 'Is anyone there?');
      const { id } = await conversationOf(customer, ({ aiTakeoverAt }) => aiTakeoverAt !== null);
      await human.query("begin; set local app.system = 'on'");
      await human.query('select 1 from contacts where number = $1 for update', [customer]);
      await hub.text(neighbour, tenant.number, 'Hello?');
      await conversationOf(neighbour, ({ handler }) => handler === 'ai');
      await human.query("update conversations set handler = 'human', ai_takeover_at = null where id = $1", [
        id,
      ]);
      await human.query('commit');
      await pause(1_000);
      expect(await conversationOf(customer)).toMatchObject({ handler: 'human' });
      expect(hub.sandbox.textsTo(customer)).toEqual([]);
    } finally {
      await human.end();
    }
  });

  it('does not restart the timer when the customer writes more', async () => {
    const patient = await hub.tenant({ aiTakeoverSeconds: 600 });
    const customer = newCaller();
    await hub.text(customer, patient.number, 'Hello');
    const first = await conversationOf(customer, ({ aiTakeoverAt }) => aiTakeoverAt !== null, patient);
    await hub.text(customer, patient.number, 'Hello?');
    await hub.eventually(async () => (await messagesOf(first.id, patient)).length === 2);
    expect(await conversationOf(customer, () => true, patient)).toMatchObject({
      aiTakeoverAt: first.aiTakeoverAt,
      waitingSince: first.waitingSince,
    });
  });

  it('is given back to the AI, which answers the waiting text at once', async () => {
    const patient = await hub.tenant({ aiTakeoverSeconds: 600 });
    const customer = newCaller();
    await hub.text(customer, patient.number, 'My heater is broken');
    const { id } = await conversationOf(customer, ({ waitingSince }) => waitingSince !== null, patient);
    expect((await hub.post<Shown>(`/v1/conversations/${id}/takeover`, {}, patient.key)).body.handler).toBe(
      'human',
    );
    expect((await hub.post<Shown>(`/v1/conversations/${id}/release`, {}, patient.key)).body.handler).toBe(
      'ai',
    );
    await hub.eventually(async () => hub.sandbox.textsTo(customer).length === 1);
  });

  it('is closed and opened again, and whoever writes then is told again that a person follows', async () => {
    const customer = newCaller();
    await hub.text(customer, tenant.number, 'Nevermind');
    const { id } = await conversationOf(customer);
    await hub.database.query('update conversations set held_since = now() where id = $1', [id]);
    const closed = await hub.post<Shown>(`/v1/conversations/${id}/close`, {}, tenant.key);
    expect(closed.body).toMatchObject({ status: 'closed', aiTakeoverAt: null });
    const held = 'select 1 from conversations where id = $1 and held_since is not null';
    expect(await hub.database.query(held, [id])).toEqual([]);
    expect((await hub.post(`/v1/conversations/${id}/takeover`, {}, tenant.key)).status).toBe(409);
    expect((await hub.post<Shown>(`/v1/conversations/${id}/reopen`, {}, tenant.key)).body.status).toBe(
      'open',
    );
  });

  it('obeys STOP and START at once', async () => {
    const customer = newCaller();
    await hub.text(customer, tenant.number, 'Hi');
    const { id } = await conversationOf(customer);
    await hub.text(customer, tenant.number, 'STOP');
    expect(await conversationOf(customer, ({ waitingSince }) => waitingSince === null)).toMatchObject({
      aiTakeoverAt: null,
    });
    const refused = await hub.post(`/v1/conversations/${id}/messages`, { body: 'Hello?' }, tenant.key);
    expect(refused).toMatchObject({ status: 422, body: { code: 'recipient-opted-out' } });
    await hub.text(customer, tenant.number, 'start');
    await hub.eventually(
      async () =>
        (await hub.post(`/v1/conversations/${id}/messages`, { body: 'Back' }, tenant.key)).status === 201,
    );
  });

  it('answers HELP once for each text that Twilio did not answer itself', async () => {
    const customer = newCaller();
    const text = (more: Record<string, string>): Promise<unknown> =>
      hub.webhook('/webhooks/twilio/sms', {
        MessageSid: newSid('SM'),
        From: customer,
        To: tenant.number,
        Body: 'HELP',
        ...more,
      });
    await Promise.all([text({ OptOutType: 'HELP' }), text({}), text({ OptOutType: 'HELP' })]);
    await hub.eventually(async () => hub.sandbox.textsTo(customer).length > 0);
    await pause(500);
    expect(hub.sandbox.textsTo(customer)).toHaveLength(1);
  });

  it('answers an emergency with the fixed text, tells the contacts, and keeps the AI off', async () => {
    const owner = '+14155550777';
    const careful = await hub.tenant({ aiTakeoverSeconds: 1, emergencyContacts: [owner] });
    const customer = newCaller();
    await hub.text(customer, careful.number, 'I smell gas in the basement!!');
    await hub.eventually(async () => hub.sandbox.textsTo(customer).some((text) => text.includes('911')));
    await hub.eventually(async () => hub.sandbox.textsTo(owner).length === 1);
    await hub.text(customer, careful.number, 'what now');
    await pause(1_800);
    expect(hub.sandbox.textsTo(customer)).toHaveLength(1);
    expect(await conversationOf(customer, () => true, careful)).toMatchObject({
      handler: 'unassigned',
      aiTakeoverAt: null,
    });
  });

  it('sends a text to a new customer and joins the thread', async () => {
    const customer = newCaller();
    const sent = await hub.post<MessageShown>(
      '/v1/messages',
      { to: customer, body: 'Your part is here' },
      tenant.key,
    );
    expect(sent).toMatchObject({ status: 201, body: { author: 'human', status: 'queued' } });
    await hub.eventually(
      async () =>
        (await hub.get<MessageShown>(`/v1/messages/${sent.body.id}`, tenant.key)).body.status === 'delivered',
    );
    expect((await conversationOf(customer)).handler).toBe('human');
  });
});

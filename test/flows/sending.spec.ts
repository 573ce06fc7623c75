import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { newCaller, TestHub, type TestTenant } from '../hub.js';
import { Sends } from '../sends.js';

describe('a text that Twilio does not take yet', () => {
  let hub: TestHub;
  let tenant: TestTenant;
  let sends: Sends;

  beforeAll(async () => {
    hub = await TestHub.start();
    tenant = await hub.tenant({ aiEnabled: false });
    sends = new Sends(hub, tenant);
  });
  afterAll(() => hub.stop());

  it('keeps its place: those behind it wait for it', async () => {
    const to = newCaller();
    await sends.fault({ on: 'messages.create', answer: 429 });
    const first = await sends.write(to, 'One');
    await sends.comesTo(first, 'put-off');
    await sends.write(to, 'Two');
    await hub.eventually(async () => hub.sandbox.textsTo(to).length === 2);
    expect(hub.sandbox.textsTo(to)).toEqual(['One', 'Two']);
    expect(await sends.outcomesOf(first)).toEqual(['put-off', 'accepted']);
  });

  it('is not sent any more when somebody replied while it was under way', async () => {
    const caller = newCaller();
    await sends.fault({ on: 'messages.create', answer: 429, delayMs: 2_000 });
    const textBack = await sends.miss(caller);
    await sends.becomes(textBack, 'sending');
    const { conversationId } = await sends.shown(textBack);
    const written = `/v1/conversations/${String(conversationId)}/messages`;
    expect((await hub.post(written, { body: 'On my way' }, tenant.key)).status).toBe(201);
    await sends.becomes(textBack, 'canceled');
    await hub.eventually(async () => hub.sandbox.textsTo(caller).length === 1);
    expect([hub.sandbox.textsTo(caller), await sends.outcomesOf(textBack)]).toEqual([
      ['On my way'],
      ['put-off'],
    ]);
  });

  it('is refused with its code, and says so of the customer', async () => {
    const id = await sends.write('+14155550014');
    await sends.becomes(id, 'failed');
    expect(await sends.shown(id)).toMatchObject({ errorCode: '21614' });
    const again = await hub.post('/v1/messages', { to: '+14155550014', body: 'x' }, tenant.key);
    expect(again).toMatchObject({ status: 422, body: { code: 'recipient-not-textable' } });
  });
});

describe('a text while nobody listens at Twilio', () => {
  let hub: TestHub;
  let sends: Sends;

  beforeAll(async () => {
    hub = await TestHub.start({ TWILIO_API_BASE_URL: 'http://127.0.0.1:9' });
    sends = new Sends(hub, await hub.tenant({ aiEnabled: false }));
  });
  afterAll(() => hub.stop());

  it('never left, and is tried again by itself', async () => {
    const id = await sends.write(newCaller());
    await hub.eventually(async () => (await sends.outcomesOf(id)).length > 1);
    expect((await sends.outcomesOf(id))[0]).toBe('not-sent');
    expect(['queued', 'sending']).toContain((await sends.shown(id))['status']);
  });
});

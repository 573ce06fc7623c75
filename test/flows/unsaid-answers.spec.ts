import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { pause } from '#libs/platform';

import { newCaller, TestHub, type TestTenant } from '../hub.js';
import { Sends } from '../sends.js';

const REPLY = {
  next_action: { action_type: 'continue_conversation', message_to_customer: 'A plumber can come at 5.' },
};
const HAND_OFF = { next_action: { action_type: 'escalate_to_human' } };

describe("the AI's answer that had not left when a person took over", () => {
  let hub: TestHub;
  let tenant: TestTenant;
  let sends: Sends;
  let answer: object = REPLY;
  const bot = createServer((request, response) => {
    request.resume().on('end', () => response.end(JSON.stringify(answer)));
  });

  beforeAll(async () => {
    bot.listen(0, '127.0.0.1');
    await once(bot, 'listening');
    const { port } = bot.address() as AddressInfo;
    hub = await TestHub.start({ DISPATCH_BOT_URL: `http://127.0.0.1:${port}` });
    tenant = await hub.tenant({ aiTakeoverSeconds: 1, aiDisclosure: false });
    sends = new Sends(hub, tenant);
  });
  afterEach(() => sends.mend());
  afterAll(async () => {
    await hub.stop();
    bot.closeAllConnections();
    bot.close();
  });

  const conversationOf = async (customer: string): Promise<Record<string, unknown>> => {
    const path = `/v1/conversations?customer=${encodeURIComponent(customer)}`;
    const { body } = await hub.get<{ data: Record<string, unknown>[] }>(path, tenant.key);
    return body.data[0] ?? {};
  };
  const step = (id: unknown, name: string): Promise<unknown> =>
    hub.post(`/v1/conversations/${String(id)}/${name}`, {}, tenant.key);
  /** The customer writes, and Twilio does not take what the AI says to that; the time of the customer's text. */
  const unsaid = async (customer: string): Promise<string> => {
    await sends.fault({ on: 'messages.create', answer: 429, share: 1 });
    await hub.text(customer, tenant.number, 'My sink leaks');
    const asked = await hub.eventually(async () => {
      const [row] = await hub.database.query(
        `select i.created_at as at from messages i join messages m on m.contact_id = i.contact_id
           and m.direction = 'outbound' join message_attempts a on a.message_id = m.id and a.outcome = 'put-off'
         join contacts c on c.id = i.contact_id where c.number = $1 and i.author = 'customer'`,
        [customer],
      );
      return row;
    });
    return (asked['at'] as Date).toISOString();
  };

  it('is waited for again, and given when the person gives the conversation back', async () => {
    answer = REPLY;
    const customer = newCaller();
    const askedAt = await unsaid(customer);
    const { id, waitingSince } = await conversationOf(customer);
    expect(waitingSince).toBeNull();
    await step(id, 'takeover');
    expect(await conversationOf(customer)).toMatchObject({ handler: 'human', waitingSince: askedAt });
    await sends.mend();
    await step(id, 'release');
    await hub.eventually(async () => hub.sandbox.textsTo(customer).length > 0);
    await pause(1_000);
    expect(hub.sandbox.textsTo(customer)).toEqual(['A plumber can come at 5.']);
    expect(await conversationOf(customer)).toMatchObject({ waitingSince: null });
  });

  it('is said once more when it was that somebody follows', async () => {
    answer = HAND_OFF;
    const customer = newCaller();
    const askedAt = await unsaid(customer);
    const { id } = await conversationOf(customer);
    await step(id, 'takeover');
    expect(await conversationOf(customer)).toMatchObject({ handler: 'human', waitingSince: askedAt });
    await sends.mend();
    await step(id, 'release');
    await hub.eventually(async () => hub.sandbox.textsTo(customer).length > 0);
    await pause(1_000);
    expect(hub.sandbox.textsTo(customer)).toHaveLength(1);
  });

  it('is not waited for when the person writes, nor asked for again when it had left', async () => {
    answer = REPLY;
    const [unheard, heard] = [newCaller(), newCaller()];
    await unsaid(unheard);
    await hub.post(
      `/v1/conversations/${String((await conversationOf(unheard))['id'])}/messages`,
      { body: 'I am here' },
      tenant.key,
    );
    expect(await conversationOf(unheard)).toMatchObject({ handler: 'human', waitingSince: null });
    await sends.mend();

    await hub.text(heard, tenant.number, 'My sink leaks');
    await hub.eventually(async () => hub.sandbox.textsTo(heard).length === 1);
    const { id } = await conversationOf(heard);
    await step(id, 'takeover');
    expect(await conversationOf(heard)).toMatchObject({ handler: 'human', waitingSince: null });
    await step(id, 'release');
    await pause(1_500);
    expect(hub.sandbox.textsTo(heard)).toHaveLength(1);
    expect(hub.sandbox.textsTo(unheard)).toEqual(['I am here']);
  });
});

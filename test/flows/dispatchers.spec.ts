import { createServer, type Server } from 'node:http';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pause } from '#libs/platform';

import { newCaller, TestHub, type TestTenant } from '../hub.js';

/** What the fake Dispatch-Bot-AI does next. */
interface Script {
  status: number;
  body: string;
  afterMs: number;
}

const says = (message: string, more: Record<string, unknown> = {}): string =>
  JSON.stringify({
    next_action: { action_type: 'continue_conversation', message_to_customer: message },
    conversation_stage: 'initial',
    ...more,
  });

describe('Dispatch-Bot-AI', () => {
  let hub: TestHub;
  let tenant: TestTenant;
  let bot: Server;
  const script: Script = { status: 200, body: says('A plumber can help.'), afterMs: 0 };
  const asked: Record<string, unknown>[] = [];

  beforeAll(async () => {
    bot = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        asked.push({
          ...(JSON.parse(Buffer.concat(chunks).toString()) as object),
          key: request.headers['x-service-key'],
          path: request.url,
        });
        const { status, body, afterMs } = script;
        setTimeout(
          () => response.writeHead(status, { 'content-type': 'application/json' }).end(body),
          afterMs,
        );
      });
    });
    const port = await new Promise<number>((done) => {
      bot.listen(0, '127.0.0.1', () => {
        const address = bot.address();
        done(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    hub = await TestHub.start({ DISPATCH_BOT_URL: `http://127.0.0.1:${port}`, DISPATCH_BOT_KEY: 'bot-key' });
    tenant = await hub.tenant({ aiTakeoverSeconds: 1 });
  });
  afterAll(async () => {
    await hub.stop();
    bot.closeAllConnections();
    bot.close();
  });

  const set = (changes: Partial<Script>): unknown =>
    Object.assign(script, { status: 200, body: says('Hello'), afterMs: 0 }, changes);
  const textOf = (customer: string): Promise<string> =>
    hub.eventually(async () => hub.sandbox.textsTo(customer)[0], 20_000);
  const conversationOf = async (customer: string): Promise<{ id: string; handler: string } | undefined> =>
    (
      await hub.get<{ data: { id: string; handler: string }[] }>(
        `/v1/conversations?customer=${encodeURIComponent(customer)}`,
        tenant.key,
      )
    ).body.data[0];

  it('is asked as its contract says, and its answer goes out', async () => {
    set({
      body: says('We are on it.', {
        extracted_info: { job_type: 'pipe\u0000repair', customer_name: 'a\ud800', urgency_level: 'galactic' },
        surprise: [1],
      }),
    });
    const customer = newCaller();
    await hub.text(customer, tenant.number, 'Pipe under the sink split, 12 Bay St 94109');
    expect(await textOf(customer)).toBe('This is an automated assistant. We are on it.');
    expect(asked.at(-1)).toMatchObject({
      path: '/dispatch/process',
      key: 'bot-key',
      caller_phone: customer,
      called_number: tenant.number,
      current_message: 'Pipe under the sink split, 12 Bay St 94109',
      business_name: 'Harbor Pipe Co',
      conversation_history: [],
    });
  });

  it.each([
    ['an error', { status: 500, body: 'no' }],
    ['a page', { body: '<html>hello</html>' }],
    ['nothing to say', { body: '{"next_action":{}}' }],
    ['a link', { body: says('Pay at https://evil.test/now') }],
    ['a flood', { body: says('x'.repeat(200_000)) }],
  ])('answering with %s is replaced by the built-in intake', async (_, changes) => {
    set(changes);
    const customer = newCaller();
    await hub.text(customer, tenant.number, 'My heater is broken');
    const text = await textOf(customer);
    expect(text).toContain('Harbor Pipe Co');
    expect(text).not.toContain('evil');
    const { id } = (await conversationOf(customer)) ?? { id: '' };
    await hub.eventually(async () => {
      const [row] = await hub.database.query(
        'select dispatcher, tried from ai_turns where conversation_id = $1',
        [id],
      );
      return row?.['dispatcher'] === 'builtin' && (row['tried'] as unknown[]).length === 1;
    });
  });

  it('thinking while a human replies says nothing', async () => {
    set({ body: says('Too late'), afterMs: 1_500 });
    await pause(15_500); // the breaker lets one through again after 15 s
    const before = asked.length;
    const customer = newCaller();
    await hub.text(customer, tenant.number, 'Anyone?');
    await hub.eventually(async () => asked.length > before);
    const { id } = (await conversationOf(customer)) ?? { id: '' };
    await hub.post(`/v1/conversations/${id}/messages`, { body: 'I am here' }, tenant.key);
    await pause(2_500);
    expect(hub.sandbox.textsTo(customer)).toEqual(['I am here']);
    expect((await conversationOf(customer))?.handler).toBe('human');
  }, 60_000);

  it('thinking while a human takes over and gives back says nothing of what it thought before', async () => {
    set({ body: says('Old thought'), afterMs: 1_500 });
    const before = asked.length;
    const customer = newCaller();
    await hub.text(customer, tenant.number, 'My boiler is cold');
    await hub.eventually(async () => asked.length > before);
    set({ body: says('New thought'), afterMs: 3_000 });
    const { id } = (await conversationOf(customer)) ?? { id: '' };
    await hub.post(`/v1/conversations/${id}/takeover`, {}, tenant.key);
    await hub.post(`/v1/conversations/${id}/release`, {}, tenant.key);
    await hub.eventually(async () => hub.sandbox.textsTo(customer).length > 0);
    expect(hub.sandbox.textsTo(customer)).toEqual(['This is an automated assistant. New thought']);
    const turns = await hub.database.query(
      'select status from ai_turns where conversation_id = $1 order by epoch',
      [id],
    );
    expect(turns.map(({ status }) => status)).toEqual(['stale', 'answered']);
  });

  it('thinking while the customer texts HELP answers all the same, once', async () => {
    set({ body: says('We can help.'), afterMs: 1_500 });
    const before = asked.length;
    const customer = newCaller();
    await hub.text(customer, tenant.number, 'My tap drips');
    await hub.eventually(async () => asked.length > before);
    await hub.text(customer, tenant.number, 'HELP');
    await hub.eventually(async () => hub.sandbox.textsTo(customer).length === 2);
    expect(hub.sandbox.textsTo(customer)[1]).toContain('We can help.');
  });

  it('thinking while the customer says STOP says nothing', async () => {
    set({ body: says('Too late'), afterMs: 1_500 });
    const before = asked.length;
    const customer = newCaller();
    await hub.text(customer, tenant.number, 'Hello there');
    await hub.eventually(async () => asked.length > before);
    await hub.text(customer, tenant.number, 'STOP');
    await pause(2_500);
    expect(hub.sandbox.textsTo(customer)).toEqual([]);
  });
});

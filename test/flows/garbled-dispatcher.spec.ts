import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { newCaller, TestHub, type TestTenant } from '../hub.js';

describe('a dispatcher whose answer holds what no database keeps', () => {
  let hub: TestHub;
  let tenant: TestTenant;
  let body = '';
  const bot = createServer((request, response) => {
    request.resume().on('end', () => response.end(body));
  });

  beforeAll(async () => {
    bot.listen(0, '127.0.0.1');
    await once(bot, 'listening');
    const { port } = bot.address() as AddressInfo;
    hub = await TestHub.start({ DISPATCH_BOT_URL: `http://127.0.0.1:${port}` });
    tenant = await hub.tenant({ aiTakeoverSeconds: 1 });
  });
  afterAll(async () => {
    await hub.stop();
    bot.closeAllConnections();
    bot.close();
  });

  it.each([
    ['NUL', '\0garbage'],
    ['a character that the error cuts in two', `${'x'.repeat(9)}🚿${'y'.repeat(60)}`],
  ])('is replaced by the built-in intake, and noted: %s', async (_, garbage) => {
    body = garbage;
    const customer = newCaller();
    await hub.text(customer, tenant.number, 'My heater is broken');
    expect(await hub.eventually(async () => hub.sandbox.textsTo(customer)[0])).toContain('Harbor Pipe Co');
    const [turn] = await hub.database.query(
      `select t.tried from ai_turns t join conversations c on c.id = t.conversation_id where c.customer_number = $1`,
      [customer],
    );
    expect(turn?.['tried']).toEqual([
      { dispatcher: 'dispatch-bot', error: expect.stringContaining('is not valid JSON') },
    ]);
  });
});

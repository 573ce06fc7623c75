import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Snapshot } from '#libs/durable';
import { pause } from '#libs/platform';

import { newCaller, TestHub, type TestTenant } from '../hub.js';

interface Shown {
  readonly id: string;
  readonly handler: string;
  readonly epoch: number;
  readonly aiTakeoverAt: string | null;
  readonly waitingSince: string | null;
}

const SAID = 'A plumber can come at 5.';
const LONG_ENOUGH_MS = 2_500;

describe('once its tenant has switched the AI off, a conversation', () => {
  let hub: TestHub;
  let tenant: TestTenant;
  let asked = 0;
  let thinksMs = 0;
  const bot = createServer((request, response) => {
    asked += 1;
    const next = { action_type: 'continue_conversation', message_to_customer: SAID };
    const answer = JSON.stringify({ next_action: next });
    request.resume().on('end', () => setTimeout(() => response.end(answer), thinksMs));
  });

  beforeAll(async () => {
    bot.listen(0, '127.0.0.1');
    await once(bot, 'listening');
    const { port } = bot.address() as AddressInfo;
    hub = await TestHub.start({ DISPATCH_BOT_URL: `http://127.0.0.1:${port}` });
  });
  beforeEach(async () => {
    thinksMs = 0;
    tenant = await hub.tenant({ aiTakeoverSeconds: 2, aiDisclosure: false });
  });
  afterAll(async () => {
    await hub.stop();
    bot.closeAllConnections();
    bot.close();
  });

  const switchOff = async (): Promise<void> => {
    const changed = await hub.patch('/v1/tenant', { settings: { aiEnabled: false } }, tenant.key);
    expect(changed.status).toBe(200);
  };
  const conversationOf = (customer: string, fits: (shown: Shown) => boolean): Promise<Shown> =>
    hub.eventually(async () => {
      const path = `/v1/conversations?customer=${encodeURIComponent(customer)}`;
      const { body } = await hub.get<{ data: Shown[] }>(path, tenant.key);
      return body.data.find(fits);
    });

  it('whose timer runs stays with people, who see that somebody waits', async () => {
    const customer = newCaller();
    await hub.text(customer, tenant.number, 'My sink leaks');
    const armed = await conversationOf(customer, ({ aiTakeoverAt }) => aiTakeoverAt !== null);
    await switchOff();
    const after = await conversationOf(customer, ({ aiTakeoverAt }) => aiTakeoverAt === null);
    const { epoch, waitingSince } = armed;
    expect(after).toMatchObject({ handler: 'unassigned', epoch, waitingSince });
    await pause(LONG_ENOUGH_MS);
    expect(hub.sandbox.textsTo(customer)).toEqual([]);
  });

  it('is taken over by an AI that is on again, where that is not known yet', async () => {
    const customer = newCaller();
    await hub.text(customer, tenant.number, 'My sink leaks');
    await conversationOf(customer, ({ aiTakeoverAt }) => aiTakeoverAt !== null);
    await switchOff();
    const stale = jest.spyOn(hub.app.get(Snapshot), 'refresh').mockResolvedValue();
    await hub.database.query(
      `update tenants set settings = settings || '{"aiEnabled": true}' where id = $1`,
      [tenant.id],
    );
    await hub.eventually(async () => hub.sandbox.textsTo(customer).length === 1);
    stale.mockRestore();
  });

  it('that the AI holds goes to people with the next text, which is not answered', async () => {
    const customer = newCaller();
    await hub.text(customer, tenant.number, 'My sink leaks');
    await hub.eventually(async () => hub.sandbox.textsTo(customer).length === 1);
    const { epoch } = await conversationOf(customer, ({ waitingSince }) => waitingSince === null);
    await switchOff();
    await hub.text(customer, tenant.number, 'And the tap drips');
    const after = await conversationOf(customer, ({ handler }) => handler !== 'ai');
    expect(after).toMatchObject({ handler: 'unassigned', epoch: epoch + 1, aiTakeoverAt: null });
    expect(after.waitingSince).not.toBeNull();
    await pause(LONG_ENOUGH_MS);
    expect(hub.sandbox.textsTo(customer)).toEqual([SAID]);
  });

  it('about which the AI thinks goes to people, and what it thought is not said', async () => {
    thinksMs = 1_500;
    const [customer, before] = [newCaller(), asked];
    await hub.text(customer, tenant.number, 'My sink leaks');
    await hub.eventually(async () => asked > before);
    const { epoch, waitingSince } = await conversationOf(customer, ({ handler }) => handler === 'ai');
    await switchOff();
    const after = await conversationOf(customer, ({ handler }) => handler !== 'ai');
    expect(after).toMatchObject({ handler: 'unassigned', epoch: epoch + 1, waitingSince });
    await pause(LONG_ENOUGH_MS);
    expect(hub.sandbox.textsTo(customer)).toEqual([]);
  });

  it('whose turn begins only now is not shown to the AI', async () => {
    const customer = newCaller();
    await hub.text(customer, tenant.number, 'My sink leaks');
    await hub.eventually(async () => hub.sandbox.textsTo(customer).length === 1);
    const { id, epoch } = await conversationOf(customer, ({ waitingSince }) => waitingSince === null);
    await switchOff();
    const before = asked;
    await hub.database.query('update conversations set waiting_since = now() where id = $1', [id]);
    const turn = { tenantId: tenant.id, conversationId: id, epoch: String(epoch) };
    await hub.database.query(`select graphile_worker.add_job('ai-dispatch.turn', $1::json)`, [
      JSON.stringify(turn),
    ]);
    const after = await conversationOf(customer, ({ handler }) => handler !== 'ai');
    expect(after).toMatchObject({ handler: 'unassigned', epoch: epoch + 1 });
    expect(asked).toBe(before);
  });
});

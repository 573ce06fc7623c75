import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { ADMIN_KEY, newCaller, TestHub, type TestTenant } from '../hub.js';
import { Sends } from '../sends.js';

describe('a text that waits while its tenant is suspended', () => {
  let hub: TestHub;
  let tenant: TestTenant;
  let sends: Sends;

  beforeAll(async () => {
    hub = await TestHub.start();
    tenant = await hub.tenant({ aiEnabled: false });
    sends = new Sends(hub, tenant);
  });
  afterEach(async () => {
    await sends.mend();
    await becomes('active');
  });
  afterAll(() => hub.stop());

  const becomes = async (status: 'active' | 'suspended'): Promise<void> => {
    const changed = await hub.patch(`/v1/tenants/${tenant.id}`, { status }, ADMIN_KEY);
    expect(changed.status).toBe(200);
  };
  const schedule = async (to: string, inMs: number): Promise<string> => {
    const sendAt = new Date(Date.now() + inMs).toISOString();
    const made = await hub.post<{ id: string }>('/v1/messages', { to, body: 'See you', sendAt }, tenant.key);
    expect(made.status).toBe(201);
    return made.body.id;
  };
  const full = (): Promise<void> => sends.fault({ on: 'messages.create', answer: 429, share: 1 });
  const isNotSent = async (id: string, to: string, because: string): Promise<void> => {
    await sends.becomes(id, 'failed');
    expect(await sends.shown(id)).toMatchObject({ errorCode: because, messageSid: null });
    expect(hub.sandbox.textsTo(to)).toEqual([]);
  };

  it('does not go out at the time that it was scheduled for; what comes due later does', async () => {
    const to = newCaller();
    const [meanwhile, later] = [await schedule(to, 1_000), await schedule(to, 3_000)];
    await becomes('suspended');
    await isNotSent(meanwhile, to, 'suspended');
    await becomes('active');
    await sends.becomes(later, 'delivered');
  });

  it('does not go out when Twilio takes texts again, nor does what is behind it', async () => {
    const to = newCaller();
    await full();
    const first = await sends.write(to);
    await sends.comesTo(first, 'put-off');
    const behind = await sends.write(to);
    await becomes('suspended');
    await sends.mend();
    await isNotSent(first, to, 'suspended');
    await isNotSent(behind, to, 'suspended');
  });

  it('is not sent again when Twilio never got it', async () => {
    const from = newCaller();
    await sends.fault({ on: 'messages.create', answer: 'reset' });
    const id = await sends.miss(from);
    await sends.comesTo(id, 'unknown');
    await becomes('suspended');
    for (let nth = 1; nth <= 2; nth += 1) await sends.look(id);
    await isNotSent(id, from, 'suspended');
    expect(await sends.outcomesOf(id)).toEqual(['absent']);
  });

  it('is not sent to a contact that was blocked meanwhile, either', async () => {
    const to = newCaller();
    const id = await schedule(to, 1_000);
    await hub.database.query('update contacts set blocked = true where number = $1', [to]);
    await isNotSent(id, to, 'blocked');
  });
});

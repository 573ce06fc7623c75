import { afterAll, beforeEach, beforeAll, describe, expect, it } from '@jest/globals';

import { ACCOUNT, ADMIN_KEY, newCaller, TestHub, type TestTenant } from '../hub.js';
import { Sends } from '../sends.js';

describe('while the auth token is rotated', () => {
  let hub: TestHub;
  let tenant: TestTenant;
  let sends: Sends;

  beforeAll(async () => {
    hub = await TestHub.start();
    tenant = await hub.tenant({ aiEnabled: false });
    sends = new Sends(hub, tenant);
  });
  beforeEach(() => tokens(ACCOUNT.authToken, null));
  afterAll(() => hub.stop());

  const tokens = async (authToken: string, secondaryAuthToken: string | null): Promise<void> => {
    const path = `/v1/twilio-accounts/${ACCOUNT.accountSid}`;
    const changed = await hub.patch(path, { authToken, secondaryAuthToken }, ADMIN_KEY);
    expect(changed.status).toBe(200);
  };

  it("looks into Twilio's lists with the token that was promoted", async () => {
    const id = await sends.write(newCaller());
    await sends.becomes(id, 'delivered');
    await tokens('the-one-of-before', ACCOUNT.authToken);
    await sends.forget(id);
    while ((await sends.shown(id))['status'] === 'sending') await sends.look(id);
    expect(await sends.shown(id)).toMatchObject({ status: 'accepted' });
  });

  it('sends with the token that was promoted, at once', async () => {
    await tokens('the-one-of-before-that', ACCOUNT.authToken);
    const to = newCaller();
    const id = await sends.write(to);
    await sends.becomes(id, 'delivered');
    expect(await sends.outcomesOf(id)).toEqual(['accepted']);
    expect(hub.sandbox.textsTo(to)).toHaveLength(1);
    await tokens(ACCOUNT.authToken, 'the-one-to-come');
    await sends.becomes(await sends.write(to), 'delivered');
  });

  it('fails a text when no token is taken, and says so', async () => {
    await tokens('wrong', 'wrong-as-well');
    const to = newCaller();
    const id = await sends.write(to);
    await sends.becomes(id, 'failed');
    expect(await sends.shown(id)).toMatchObject({ errorCode: '20003' });
    const health = async (): Promise<unknown> => (await fetch(`${hub.url}/health`)).json();
    expect(await health()).toMatchObject({ checks: { twilio: { failing: 1 } } });
    await tokens(ACCOUNT.authToken, null);
    await sends.becomes(await sends.write(to), 'delivered');
    expect(hub.sandbox.textsTo(to)).toHaveLength(1);
    expect(await health()).toMatchObject({ checks: { twilio: { failing: 0 } } });
  });
});

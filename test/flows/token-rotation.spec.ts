import { afterAll, beforeEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Accounts } from '#libs/twilio';

import { ACCOUNT, ADMIN_KEY, newCaller, newSid, TestHub, type TestTenant } from '../hub.js';
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

describe('an account of the environment, when a hub starts again,', () => {
  let hub: TestHub;
  let accounts = 0;
  let path: string;
  let accountSid: string;

  beforeAll(async () => {
    hub = await TestHub.start();
  });
  beforeEach(async () => {
    accounts += 1;
    accountSid = `AC${String(accounts).padStart(32, '3')}`;
    path = `/v1/twilio-accounts/${accountSid}`;
    await starts('A');
  });
  afterAll(() => hub.stop());

  /** What a start does with what its environment names. */
  const starts = async (authToken: string, secondaryAuthToken?: string): Promise<void> => {
    const secondary = secondaryAuthToken === undefined ? {} : { secondaryAuthToken };
    await hub.app.get(Accounts).create({ accountSid, authToken, ...secondary }, 'environment');
  };
  const change = async (changes: Readonly<Record<string, unknown>>): Promise<void> => {
    expect((await hub.patch(path, changes, ADMIN_KEY)).status).toBe(200);
  };
  /** Of these tokens, those whose signatures are taken. */
  const taken = async (tokens: string): Promise<string> => {
    const text = { From: newCaller(), To: '+14155550999', Body: 'Hello' };
    let those = '';
    for (const authToken of tokens) {
      const signed = { MessageSid: newSid('SM'), ...text };
      const { status } = await hub.webhook('/webhooks/twilio/sms', signed, { accountSid, authToken });
      if (status === 200) those += authToken;
    }
    return those;
  };

  const takes = (tokens: string, expected: string): Promise<unknown> =>
    hub.eventually(async () => (await taken(tokens)) === expected);

  it('stays suspended', async () => {
    await change({ status: 'suspended' });
    await starts('A');
    expect((await hub.get(path, ADMIN_KEY)).body).toMatchObject({ status: 'suspended' });
    await starts('B');
    expect((await hub.get(path, ADMIN_KEY)).body).toMatchObject({ status: 'suspended' });
  });

  it('is made anew when it was deleted', async () => {
    await change({ secondaryAuthToken: 'B' });
    expect((await hub.request('DELETE', path, ADMIN_KEY)).status).toBe(204);
    await starts('A');
    expect((await hub.get(path, ADMIN_KEY)).body).toMatchObject({ status: 'active' });
    await takes('AB', 'A');
  });

  it('keeps the token that is being rotated in', async () => {
    await change({ secondaryAuthToken: 'B' });
    await starts('A');
    await takes('ABC', 'AB');
    await starts('B');
    await takes('ABC', 'AB');
  });

  it('keeps the token that was rotated in, beside the one that only the environment still names', async () => {
    await change({ authToken: 'B' });
    await takes('ABC', 'B');
    for (let nth = 1; nth <= 2; nth += 1) await starts('A');
    await takes('ABC', 'AB');
  });

  it('takes the tokens that only the environment names', async () => {
    await starts('B');
    await takes('ABC', 'AB');
    await starts('B', 'C');
    await takes('ABC', 'BC');
  });

  it('takes the token that the environment names when another key sealed what is stored', async () => {
    const foreign = `update twilio_accounts set auth_token = 'c2VhbGVk', secondary_auth_token = 'c2VhbGVk' where account_sid = $1`;
    await hub.database.query(foreign, [accountSid]);
    await starts('B');
    await takes('AB', 'B');
  });
});

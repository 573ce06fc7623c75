import { request } from 'node:http';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ADMIN_KEY, newCaller, newSid, OTHER_ACCOUNT, TestHub, type TestTenant } from '../hub.js';

describe('a webhook that is not meant for what it names', () => {
  let hub: TestHub;
  let tenant: TestTenant;

  beforeAll(async () => {
    hub = await TestHub.start();
    tenant = await hub.tenant();
  });
  afterAll(() => hub.stop());

  it('because its request line holds a whole address is forbidden', async () => {
    const { hostname, port } = new URL(hub.url);
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'x-twilio-signature': 'AAAA',
    };
    const target = { hostname, port, path: `${hub.url}/webhooks/twilio/sms`, method: 'POST', headers };
    const status = await new Promise((answered, failed) => {
      request(target, (response) => answered(response.resume().statusCode))
        .on('error', failed)
        .end(`MessageSid=${newSid('SM')}&Body=hi`);
    });
    expect(status).toBe(403);
  });

  it("because it is of another of the tenant's accounts is forbidden, and changes no call", async () => {
    const number = '+14157779998';
    const given = { tenantId: tenant.id, number, accountSid: OTHER_ACCOUNT.accountSid };
    expect((await hub.post('/v1/phone-numbers', given, ADMIN_KEY)).status).toBe(201);
    const CallSid = newSid('CA');
    const incoming = { CallSid, From: newCaller(), To: tenant.number, CallStatus: 'ringing' };
    expect((await hub.webhook('/webhooks/twilio/call', incoming)).status).toBe(200);
    const ended = { CallSid, To: number, CallStatus: 'completed' };
    const theirs = { From: newCaller(), To: number, CallStatus: 'ringing' };
    await hub.eventually(async () => {
      const call = { ...theirs, CallSid: newSid('CA') };
      return (await hub.webhook('/webhooks/twilio/call', call, OTHER_ACCOUNT)).text.includes('<Say');
    });
    expect((await hub.webhook('/webhooks/twilio/call/status', ended, OTHER_ACCOUNT)).status).toBe(403);
    const heard = `select 1 from calls where call_sid = $1 and evidence ? 'final:completed'`;
    expect(await hub.database.query(heard, [CallSid])).toEqual([]);
  });
});

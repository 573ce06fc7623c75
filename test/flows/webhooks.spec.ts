import { createHash } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import twilio from 'twilio';

import { ACCOUNT, newCaller, newSid, OTHER_ACCOUNT, TestHub, type TestTenant } from '../hub.js';

describe('a webhook', () => {
  let hub: TestHub;
  let tenant: TestTenant;
  let foreign: TestTenant;

  beforeAll(async () => {
    hub = await TestHub.start();
    tenant = await hub.tenant({ aiTakeoverSeconds: 3600 });
    foreign = await hub.tenant({}, OTHER_ACCOUNT.accountSid);
  });
  afterAll(() => hub.stop());

  const text = (): Record<string, string> => ({
    AccountSid: ACCOUNT.accountSid,
    MessageSid: newSid('SM'),
    From: newCaller(),
    To: tenant.number,
    Body: 'hi',
    NumMedia: '0',
  });
  const call = (): Record<string, string> => ({
    AccountSid: ACCOUNT.accountSid,
    CallSid: newSid('CA'),
    From: newCaller(),
    To: tenant.number,
    CallStatus: 'ringing',
  });
  const sms = (): string => `${hub.url}/webhooks/twilio/sms`;
  const sign = (params: Record<string, string>, url = sms(), token = ACCOUNT.authToken): string =>
    twilio.getExpectedTwilioSignature(token, url, params);
  const encode = (params: Record<string, string>): string => new URLSearchParams(params).toString();
  const kept = async (): Promise<number> => {
    const [row] = await hub.database.query(
      'select (select count(*) from webhook_events) + (select count(*) from messages) + (select count(*) from calls) + (select count(*) from events) as n',
    );
    return Number(row?.['n']);
  };

  it('is refused without a right signature, and nothing is kept', async () => {
    const before = await kept();
    const params = text();
    const wrong = [
      null,
      '',
      'AAAA',
      sign({ ...params, Body: 'ho' }),
      sign(params, `${hub.url}/webhooks/twilio/call`),
    ];
    for (const signature of wrong) expect((await hub.raw(sms(), encode(params), signature)).status).toBe(403);
    expect((await hub.raw(sms(), encode(params), sign(params, sms(), OTHER_ACCOUNT.authToken))).status).toBe(
      403,
    );
    expect((await hub.raw(`${sms()}?debug=1`, encode(params), sign(params))).status).toBe(403);
    expect(await kept()).toBe(before);
  });

  it("is refused for another account's number, and for an account nobody knows", async () => {
    const before = await kept();
    const params = { ...text(), To: foreign.number };
    expect((await hub.webhook('/webhooks/twilio/sms', params)).status).toBe(403);
    expect((await hub.webhook('/webhooks/twilio/call', { ...call(), To: foreign.number })).status).toBe(403);
    const stranger = { accountSid: `AC${'9'.repeat(32)}`, authToken: 'whatever' };
    expect(
      (await hub.webhook('/webhooks/twilio/sms', { ...text(), AccountSid: stranger.accountSid }, stranger))
        .status,
    ).toBe(403);
    expect(await kept()).toBe(before);
  });

  it('ignores forwarded headers', async () => {
    const params = text();
    const signature = sign(params, 'https://evil.test/webhooks/twilio/sms');
    const response = await fetch(sms(), {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-twilio-signature': signature,
        'x-forwarded-host': 'evil.test',
        'x-forwarded-proto': 'https',
      },
      body: encode(params),
    });
    expect(response.status).toBe(403);
  });

  it.each<[string, (params: Record<string, string>) => string]>([
    ['a repeated key', (params) => `${encode(params)}&From=${encodeURIComponent(params['From'] ?? '')}`],
    ['a key with brackets', (params) => encode({ ...params, 'From[$ne]': '1' })],
    ['a key that poisons', (params) => encode({ ...params, '__proto__[x]': '1' })],
  ])('is refused with %s', async (_, body) => {
    const params = text();
    const raw = body(params);
    const all = Object.fromEntries(new URLSearchParams(raw));
    expect((await hub.raw(sms(), raw, sign(all))).status).toBe(400);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it.each([
    ['MessageSid', 'SM123'],
    ['To', ''],
    ['AccountSid', 'AC12'],
  ])('is refused with a bad %s', async (name, value) => {
    const params = { ...text(), [name]: value };
    expect((await hub.raw(sms(), encode(params), sign(params))).status).toBe(
      name === 'AccountSid' ? 403 : 400,
    );
  });

  it.each(['AccountSid', 'MessageSid', 'To', 'Body'])('is refused without %s', async (name) => {
    const { [name]: _, ...params } = text();
    expect((await hub.raw(sms(), encode(params), sign(params))).status).toBe(400);
  });

  it('whose signature was moved over other boundaries has no effect', async () => {
    const params = {
      AccountSid: ACCOUNT.accountSid,
      Body: 'hi',
      From: '+15005550100',
      MessageSid: newSid('SM'),
      To: tenant.number,
    };
    const { From: _, ...shifted } = { ...params, Body: 'hiFrom+15005550100' };
    const before = await kept();
    expect((await hub.raw(sms(), encode(shifted), sign(params))).status).toBe(400);
    expect(await kept()).toBe(before);
  });

  it('is refused by type, size, encoding and method, in this order', async () => {
    const params = text();
    for (const type of ['application/json', 'text/plain', 'multipart/form-data; boundary=x']) {
      expect((await hub.raw(sms(), encode(params), null, type)).status).toBe(415);
    }
    expect((await hub.raw(sms(), `Body=${'a'.repeat(70_000)}`, null)).status).toBe(413);
    expect(
      (await hub.raw(sms(), Array.from({ length: 300 }, (_, n) => `k${n}=1`).join('&'), null)).status,
    ).toBe(413);
    const compressed = await fetch(sms(), {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-encoding': 'gzip' },
      body: encode(params),
    });
    expect(compressed.status).toBe(415);
    const got = await fetch(sms());
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('with hostile content is kept, never answered 500', async () => {
    for (const body of [
      '\u0000abc',
      '\u202Etxet',
      '💥'.repeat(400),
      '<Response><Dial>+1900</Dial></Response>',
      `x\r\n{"level":"fatal"}`,
    ]) {
      const answer = await hub.webhook('/webhooks/twilio/sms', { ...text(), Body: body });
      expect(answer.status).toBe(200);
    }
    const { Body: _, ...rest } = text();
    const raw = `${encode(rest)}&Body=%ff%fe`;
    const all = Object.fromEntries(new URLSearchParams(raw));
    expect((await hub.raw(sms(), raw, sign(all))).status).toBe(200);
  });

  it('for an unknown number is answered, and nothing is forwarded', async () => {
    const voice = await hub.webhook('/webhooks/twilio/call', { ...call(), To: '+14155559999' });
    expect(voice.text).toContain('<Reject');
    const silent = await hub.webhook('/webhooks/twilio/sms', { ...text(), To: '+14155559999' });
    expect(silent).toMatchObject({ status: 200, text: expect.stringMatching(/<Response\/>$/) });
  });

  it('cannot inject TwiML', async () => {
    const answer = await hub.webhook('/webhooks/twilio/call', {
      ...call(),
      From: '<Dial>+19005550000</Dial>',
      CallerName: '</Say><Redirect>http://evil</Redirect>',
    });
    expect(answer.status).toBe(200);
    expect(answer.text.match(/<Dial/g)).toHaveLength(1);
    expect(answer.text).not.toContain('Redirect');
  });

  it('sent 20 times at once has one effect and one answer', async () => {
    const incoming = call();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => hub.webhook('/webhooks/twilio/call', incoming)),
    );
    expect(new Set(answers.map(({ status, text: twiml }) => `${status} ${twiml}`)).size).toBe(1);
    const message = text();
    await Promise.all(Array.from({ length: 20 }, () => hub.webhook('/webhooks/twilio/sms', message)));
    const [row] = await hub.database.query(
      `select (select count(*)::int from calls where call_sid = $1) as calls, (select count(*)::int from messages where message_sid = $2) as messages,
        (select count(*)::int from events where data ->> 'callSid' = $1) as events`,
      [incoming['CallSid'], message['MessageSid']],
    );
    expect(row).toEqual({ calls: 1, messages: 1, events: 1 });
  });

  it('sent again after the routing changed gets the answer that it got first', async () => {
    const own = await hub.tenant();
    const CallSid = newSid('CA');
    const params = { CallSid, From: newCaller(), To: own.number, CallStatus: 'ringing' };
    const first = await hub.webhook('/webhooks/twilio/call', params);
    expect(first.text).toContain('+14155550901');
    await hub.patch(`/v1/phone-numbers/${own.phoneNumberId}`, { forwardTo: ['+14155550902'] }, own.key);
    const fresh = { ...params, CallSid: newSid('CA') };
    await hub.eventually(async () =>
      (await hub.webhook('/webhooks/twilio/call', { ...fresh, CallSid: newSid('CA') })).text.includes(
        '+14155550902',
      ),
    );
    expect((await hub.webhook('/webhooks/twilio/call', params)).text).toBe(first.text);
  });

  it('of Twilio as JSON is read when its hash is signed', async () => {
    const body = JSON.stringify({ AccountSid: ACCOUNT.accountSid, Level: 'ERROR' });
    const url = `${hub.url}/webhooks/twilio/debugger?bodySHA256=${createHash('sha256').update(body).digest('hex')}`;
    const signature = twilio.getExpectedTwilioSignature(ACCOUNT.authToken, url, {});
    expect((await hub.raw(url, body, signature, 'application/json')).status).toBe(200);
    expect((await hub.raw(url, `${body} `, signature, 'application/json')).status).toBe(403);
  });

  it('is accepted with either token while one is being rotated', async () => {
    const path = `/v1/twilio-accounts/${ACCOUNT.accountSid}`;
    await hub.patch(path, { secondaryAuthToken: 'the-next-token' }, 'the-operator-of-the-tests-has-this-key');
    const params = text();
    for (const token of [ACCOUNT.authToken, 'the-next-token']) {
      expect((await hub.raw(sms(), encode(params), sign(params, sms(), token))).status).toBe(200);
    }
    await hub.patch(path, { secondaryAuthToken: null }, 'the-operator-of-the-tests-has-this-key');
    expect((await hub.raw(sms(), encode(params), sign(params, sms(), 'the-next-token'))).status).toBe(403);
  });
});

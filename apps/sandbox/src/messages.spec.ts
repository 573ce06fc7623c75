import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ACCOUNT, BUSINESS, CUSTOMER, Rig } from './testing/rig.js';

const SERVICE = `MG${'a'.repeat(32)}`;
const inMinutes = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();

let rig: Rig;

beforeEach(async () => {
  rig = await Rig.start({ deliveryStepMs: 5 });
});

afterEach(async () => {
  expect(await rig.stop()).toEqual([]);
});

const states = (): (string | undefined)[] =>
  rig.hub.at('/status').map(({ params }) => params['MessageStatus']);
const callback = (): string => `${rig.hub.url}/status?outbox=42`;

describe('a text that the hub sends', () => {
  it('is answered as Twilio does, and arrives', async () => {
    const { status, body } = await rig.text({ StatusCallback: callback() });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      sid: expect.stringMatching(/^SM[0-9a-f]{32}$/),
      account_sid: ACCOUNT,
      status: 'queued',
      direction: 'outbound-api',
      from: BUSINESS,
      to: CUSTOMER,
      body: 'Sorry we missed you',
      num_segments: '1',
      num_media: '0',
      error_code: null,
      messaging_service_sid: null,
      date_created: expect.stringMatching(/ \+0000$/),
      uri: expect.stringContaining('/Messages/SM'),
    });
    await rig.until(() => states().includes('delivered'));
    expect(await rig.transcript(CUSTOMER)).toEqual(['receives-text: Sorry we missed you']);
    expect(rig.sandbox.textsTo(CUSTOMER)).toEqual(['Sorry we missed you']);
  });

  it('calls back for each state, in order, signed', async () => {
    const { body } = await rig.text({ StatusCallback: callback() });
    await rig.until(() => states().includes('delivered'));
    expect(states()).toEqual(['queued', 'sent', 'delivered']);
    expect(rig.hub.at('/status')[2]?.params).toMatchObject({
      MessageSid: body['sid'],
      SmsSid: body['sid'],
      SmsStatus: 'delivered',
      From: BUSINESS,
      To: CUSTOMER,
      AccountSid: ACCOUNT,
      RawDlrDoneDate: expect.stringMatching(/^\d{10}$/),
    });
  });

  it.each([
    ['+14155550006', ['queued', 'sent', 'undelivered'], '30006'],
    ['+14155550034', ['queued', 'failed'], '30034'],
  ])('does not reach %s', async (to, path, errorCode) => {
    await rig.text({ To: to, StatusCallback: callback() });
    await rig.until(() => states().length === path.length);
    expect(states()).toEqual(path);
    expect(rig.hub.at('/status').at(-1)?.params).toMatchObject({ ErrorCode: errorCode });
    expect(rig.sandbox.textsTo(to)).toEqual([]);
  });

  it('by a messaging service is accepted first, and tells which number sent it', async () => {
    await rig.control('PUT', `/numbers/${BUSINESS}`, { accountSid: ACCOUNT, messagingServiceSid: SERVICE });
    const form = { From: BUSINESS, To: CUSTOMER, Body: 'x' };
    const { body } = await rig.text({ ...form, From: SERVICE, StatusCallback: callback() });
    expect(body).toMatchObject({ status: 'accepted', from: BUSINESS, messaging_service_sid: SERVICE });
    await rig.until(() => states().includes('delivered'));
    expect(states()).toEqual(['queued', 'sending', 'sent', 'delivered']);
  });

  it('can be scheduled, and canceled while it waits', async () => {
    const { body } = await rig.text({ From: SERVICE, ScheduleType: 'fixed', SendAt: inMinutes(20) });
    expect(body).toMatchObject({ status: 'scheduled' });
    const path = `/Messages/${String(body['sid'])}.json`;
    expect(await rig.rest(path, { Status: 'canceled' })).toMatchObject({ body: { status: 'canceled' } });
    expect(await rig.rest(path, { Status: 'canceled' })).toMatchObject({
      status: 400,
      body: { code: 30409 },
    });
  });

  it.each([
    ['an unknown parameter', { Colour: 'red' }, 20001],
    ['a parameter given twice', { Body: ['a', 'b'] }, 20001],
    ['no To', { To: '' }, 21604],
    ['a bad To', { To: '415-555' }, 21211],
    ['no From', { From: '' }, 21603],
    ['a bad From', { From: 'harbor' }, 21212],
    ['From and To the same', { To: BUSINESS }, 21266],
    ['nothing to say', { Body: '' }, 21602],
    ['a body over 1600 characters', { Body: 'x'.repeat(1601) }, 21617],
    ['more than ten media', { MediaUrl: Array.from({ length: 11 }, () => 'https://x.example/a.jpg') }, 21623],
    ['a bad media URL', { MediaUrl: 'a.jpg' }, 21620],
    ['a bad callback', { StatusCallback: '/status' }, 21609],
    ['a schedule without a service', { ScheduleType: 'fixed', SendAt: inMinutes(20) }, 35118],
    ['a schedule too soon', { From: SERVICE, ScheduleType: 'fixed', SendAt: inMinutes(4) }, 35114],
    ['a schedule without a time', { From: SERVICE, ScheduleType: 'fixed' }, 35111],
    ['a landline that takes no texts', { To: '+14155550014' }, 21614],
  ])('is refused with %s', async (_, form, code) => {
    expect(await rig.text(form)).toMatchObject({
      status: 400,
      body: {
        code,
        status: 400,
        message: expect.any(String),
        more_info: expect.stringContaining(String(code)),
      },
    });
    expect(rig.sandbox.ledger.entries()).toMatchObject([
      { kind: 'rest', operation: 'messages.create', code },
    ]);
  });

  it('is refused from a number of another account', async () => {
    const accountSid = `AC${'2'.repeat(32)}`;
    await rig.control('PUT', `/accounts/${accountSid}`, { authToken: 'other' });
    await rig.control('PUT', `/numbers/${BUSINESS}`, { accountSid });
    expect(await rig.text()).toMatchObject({ status: 400, body: { code: 21606 } });
  });
});

describe('a text that a customer sends', () => {
  const says = (body: string, more: Record<string, unknown> = {}) =>
    rig.control('POST', '/messages', { from: CUSTOMER, to: BUSINESS, body, wait: true, ...more });

  it('reaches the hub with the parameters that Twilio sends', async () => {
    const png = `data:image/png;base64,${Buffer.from('a picture').toString('base64')}`;
    const { status, body } = await says('Leaking!', { mediaUrls: [png, 'https://x.example/cat.gif'] });
    expect(status).toBe(201);
    const params = rig.only('/webhooks/twilio/sms');
    expect(params).toMatchObject({
      MessageSid: body['messageSid'],
      SmsStatus: 'received',
      From: CUSTOMER,
      To: BUSINESS,
      Body: 'Leaking!',
      NumMedia: '2',
      MediaContentType0: 'image/png',
      MediaUrl1: 'https://x.example/cat.gif',
      MediaContentType1: 'image/gif',
    });
    const { pathname } = new URL(params['MediaUrl0'] ?? '');
    expect((await rig.rest(pathname)).body).toEqual({ text: 'a picture' });
  });

  it("is answered by the hub's TwiML", async () => {
    rig.hub.script = { '/webhooks/twilio/sms': '<Response><Message>On our way</Message></Response>' };
    await says('Hello?');
    await rig.until(() =>
      rig.sandbox.ledger.entries().some((entry) => entry.kind === 'phone' && entry.event === 'receives-text'),
    );
    expect(await rig.transcript(CUSTOMER)).toEqual(['sends-text: Hello?', 'receives-text: On our way']);
  });

  it.each([
    ['voice verbs', '<Response><Say>Hi</Say></Response>', 12200],
    ['broken XML', '<Response>', 12100],
  ])('answered with %s is an alert', async (_, body, code) => {
    rig.hub.script = { '/webhooks/twilio/sms': body, '/webhooks/twilio/sms/fallback': '<Response/>' };
    await says('Hello?');
    expect(rig.alerts()).toEqual([code]);
    expect(rig.only('/webhooks/twilio/sms/fallback')).toMatchObject({
      Body: 'Hello?',
      ErrorCode: String(code),
    });
  });

  it('that says STOP blocks texts from that number until START', async () => {
    await says(' Stop ');
    expect(await rig.text()).toMatchObject({ status: 400, body: { code: 21610 } });
    expect(await rig.text({ From: '+14155550198' })).toMatchObject({ status: 201 });
    expect(rig.only('/webhooks/twilio/sms')).not.toHaveProperty('OptOutType');
    await says('start');
    expect(await rig.text()).toMatchObject({ status: 201 });
  });

  it('carries OptOutType when Advanced Opt-Out has answered it', async () => {
    await says('Leave me alone', { optOutType: 'STOP' });
    expect(rig.only('/webhooks/twilio/sms')).toMatchObject({ OptOutType: 'STOP' });
    expect(await rig.text()).toMatchObject({ body: { code: 21610 } });
    expect((await rig.transcript(CUSTOMER))[1]).toMatch(
      /^receives-twilio-reply: You have successfully been unsubscribed/,
    );
  });
});

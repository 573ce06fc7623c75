import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ACCOUNT, BUSINESS, CUSTOMER, MATE, OWNER, Rig, TOKEN } from './testing/rig.js';

let rig: Rig;

beforeEach(async () => {
  rig = await Rig.start({ deliveryStepMs: 1 });
});

afterEach(async () => {
  expect(await rig.stop()).toEqual([]);
});

const bodies = (list: unknown): unknown[] => (list as { body: string }[]).map(({ body }) => body);

describe('the REST API', () => {
  it.each([
    ['no', ':'],
    ['a wrong token', `${ACCOUNT}:wrong`],
    ["another account's", `AC${'2'.repeat(32)}:${TOKEN}`],
  ])('answers 401 and 20003 to %s credentials', async (_, credentials) => {
    expect(await rig.rest('/Messages.json', {}, credentials)).toMatchObject({
      status: 401,
      body: { code: 20003 },
    });
  });

  it.each(['/Conferences.json', '/Messages/SM0.json', '/2010-04-01/Nothing'])(
    'answers 20404 to %s',
    async (path) => {
      expect(await rig.rest(path)).toMatchObject({ status: 404, body: { code: 20404 } });
    },
  );

  it('takes the new token when an account gets one, and signs with it', async () => {
    await rig.control('PUT', `/accounts/${ACCOUNT}`, { authToken: 'rotated' });
    expect(await rig.rest('.json')).toMatchObject({ status: 401 });
    expect(await rig.rest('.json', undefined, `${ACCOUNT}:rotated`)).toMatchObject({
      status: 200,
      body: { sid: ACCOUNT, status: 'active' },
    });
    await rig.control('POST', '/messages', { from: CUSTOMER, to: BUSINESS, body: 'x', wait: true });
    expect(rig.hub.received.splice(0)).toMatchObject([{ isSigned: false }]);
  });
});

describe('the list of messages', () => {
  it('finds a pair, newest first, and pages without losing any when more come', async () => {
    for (const body of ['1', '2', '3']) await rig.text({ Body: body });
    await rig.text({ To: MATE, Body: 'to somebody else' });
    const query = `?From=${encodeURIComponent(BUSINESS)}&To=${encodeURIComponent(CUSTOMER)}&PageSize=2`;
    const first = await rig.rest(`/Messages.json${query}`);
    expect(bodies(first.body['messages'])).toEqual(['3', '2']);
    await rig.text({ Body: '4' });
    const second = await rig.rest(String(first.body['next_page_uri']));
    expect(bodies(second.body['messages'])).toEqual(['1']);
    expect(second.body).toMatchObject({ page: 1, page_size: 2, next_page_uri: null });
  });

  it('filters by the day and by bounds of DateSent', async () => {
    await rig.text({ Body: 'now' });
    const found = async (name: string, at: string): Promise<number> => {
      const { body } = await rig.rest(`/Messages.json?${encodeURIComponent(name)}=${encodeURIComponent(at)}`);
      return bodies(body['messages']).length;
    };
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
    const anHourAgo = new Date(Date.now() - 3_600_000).toISOString();
    expect(await found('DateSent>', anHourAgo)).toBe(1);
    expect(await found('DateSent>', inAnHour)).toBe(0);
    expect(await found('DateSent<', inAnHour)).toBe(1);
    expect(await found('DateSent<', anHourAgo)).toBe(0);
    expect(await found('DateSent', new Date().toISOString().slice(0, 10))).toBe(1);
  });
});

describe('the lists of messages and calls', () => {
  it('shows those whose webhooks somebody else posts', async () => {
    const text = { sid: `SM${'a'.repeat(32)}`, from: CUSTOMER, to: BUSINESS, body: 'Hi' };
    const call = { sid: `CA${'b'.repeat(32)}`, from: CUSTOMER, to: BUSINESS, status: 'ringing' };
    const known = { texts: [text, text], calls: [call] };
    expect(await rig.control('POST', '/known', known)).toMatchObject({ status: 204 });
    const ended = { calls: [{ ...call, status: 'completed', durationSeconds: 24 }] };
    expect(await rig.control('POST', '/known', ended)).toMatchObject({ status: 204 });
    const texts = await rig.rest('/Messages.json');
    expect(texts.body['messages']).toEqual([
      expect.objectContaining({ sid: text.sid, direction: 'inbound', status: 'received', body: 'Hi' }),
    ]);
    const { body } = await rig.rest('/Calls.json');
    const over = { sid: call.sid, status: 'completed', duration: '24' };
    expect(body['calls']).toEqual([expect.objectContaining(over)]);
    expect(rig.hub.received).toEqual([]);
  });
});

describe('a call over REST', () => {
  const dial = `<Response><Dial timeout="600" action="/dialled"><Number>${OWNER}</Number></Dial></Response>`;

  /** Starts a call and waits until the phone rings. */
  async function ringing(): Promise<string> {
    rig.hub.script = { '/webhooks/twilio/call': dial };
    const { body } = await rig.control('POST', '/calls', { from: CUSTOMER, to: BUSINESS });
    await rig.until(() =>
      rig.sandbox.ledger.entries().some((entry) => entry.kind === 'phone' && entry.event === 'rings'),
    );
    return String(body['callSid']);
  }

  const ended = (): Promise<void> => rig.until(() => rig.hub.at('/webhooks/twilio/call/status').length === 1);

  it('is listed with its leg, and read', async () => {
    const sid = await ringing();
    expect((await rig.rest(`/Calls/${sid}.json`)).body).toMatchObject({
      sid,
      status: 'in-progress',
      direction: 'inbound',
    });
    const { body } = await rig.rest(`/Calls.json?ParentCallSid=${sid}`);
    expect(body['calls']).toMatchObject([
      { parent_call_sid: sid, to: OWNER, status: 'ringing', direction: 'outbound-dial' },
    ]);
  });

  it('is hung up', async () => {
    const sid = await ringing();
    expect(await rig.rest(`/Calls/${sid}.json`, { Status: 'completed' })).toMatchObject({ status: 200 });
    await ended();
    expect((await rig.rest(`/Calls/${sid}.json`)).body).toMatchObject({
      status: 'completed',
      duration: expect.any(String),
    });
    expect(await rig.rest(`/Calls/${sid}.json`, { Status: 'completed' })).toMatchObject({
      status: 400,
      body: { code: 21220 },
    });
  });

  it.each([
    ['TwiML', () => ({ Twiml: '<Response><Say>Elsewhere</Say></Response>' })],
    ['a URL', () => ({ Url: `${rig.hub.url}/elsewhere` })],
  ])('is sent elsewhere by %s; the Dial is left without its action', async (_, form) => {
    const sid = await ringing();
    rig.hub.script = { '/elsewhere': '<Response><Say>Elsewhere</Say></Response>' };
    expect(await rig.rest(`/Calls/${sid}.json`, form())).toMatchObject({ status: 200 });
    await ended();
    expect(await rig.transcript(CUSTOMER)).toEqual(['calls', 'hears: Elsewhere', 'is-hung-up-on']);
    expect(rig.hub.at('/dialled')).toEqual([]);
  });

  it.each([
    [{ Twiml: '<Response><Shout/></Response>' }, 12200],
    [{ Status: 'paused' }, 21218],
    [{ Colour: 'red' }, 20001],
  ])('refuses the update %p', async (form, code) => {
    expect(await rig.rest(`/Calls/${await ringing()}.json`, form)).toMatchObject({
      status: 400,
      body: { code },
    });
  });
});

describe('a fault', () => {
  const fault = (answer: unknown, more: Record<string, unknown> = {}) =>
    rig.control('POST', '/faults', { on: 'messages.create', answer, ...more });
  const accepted = (): number => rig.sandbox.ledger.entries().filter(({ kind }) => kind === 'message').length;

  it.each([
    [429, 20429],
    [500, 20500],
    [503, 20503],
  ])('answers %i as often as asked, and nothing is sent', async (status, code) => {
    await fault(status, { times: 2 });
    expect(await rig.text()).toMatchObject({ status, body: { code } });
    const { headers } = await rig.text();
    expect(headers.get('retry-after')).toBe(status === 429 ? '1' : null);
    expect(accepted()).toBe(0);
    expect(await rig.text()).toMatchObject({ status: 201 });
  });

  it.each([
    ['reset', 0],
    ['accept-then-reset', 1],
  ])('can %s the connection', async (answer, sent) => {
    await fault(answer);
    await expect(rig.text()).rejects.toThrow('fetch failed');
    expect(accepted()).toBe(sent);
    expect(rig.sandbox.ledger.entries().find(({ kind }) => kind === 'rest')).toMatchObject({
      status: 0,
      fault: answer,
    });
  });

  it.each([
    ['hang', 0],
    ['accept-then-hang', 1],
  ])('can %s', async (answer, sent) => {
    await fault(answer);
    const outcome = await Promise.race([
      rig.text().catch(() => 'cut'),
      new Promise((resolve) => setTimeout(resolve, 100, 'hangs')),
    ]);
    expect(outcome).toBe('hangs');
    expect(accepted()).toBe(sent);
  });

  it('can lose the answer to a message that was accepted', async () => {
    await fault('accept-then-500');
    expect(await rig.text()).toMatchObject({ status: 500 });
    const { body } = await rig.rest(`/Messages.json?To=${encodeURIComponent(CUSTOMER)}`);
    expect(bodies(body['messages'])).toEqual(['Sorry we missed you']);
  });

  it('hits only what it is for, and can be taken back', async () => {
    await rig.control('POST', '/faults', { on: 'calls.list', answer: 500, times: 5 });
    expect(await rig.text()).toMatchObject({ status: 201 });
    expect(await rig.rest('/Calls.json')).toMatchObject({ status: 500 });
    await rig.control('DELETE', '/faults');
    expect(await rig.rest('/Calls.json')).toMatchObject({ status: 200 });
  });
});

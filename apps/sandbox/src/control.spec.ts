import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ACCOUNT, BUSINESS, CUSTOMER, OWNER, Rig } from './testing/rig.js';
import { startSandbox } from './sandbox.js';

let rig: Rig;

beforeEach(async () => {
  rig = await Rig.start({ deliveryStepMs: 1, keep: 50 });
});

afterEach(async () => {
  expect(await rig.stop()).toEqual([]);
});

describe('a control request', () => {
  it.each([
    ['POST', '/calls', { from: CUSTOMER }, 'body.to must be a phone number in E.164, like +14155550101'],
    [
      'POST',
      '/calls',
      { from: CUSTOMER, to: BUSINESS, colour: 'red' },
      'body has no field colour; it takes from, to',
    ],
    [
      'POST',
      '/calls',
      { from: CUSTOMER, to: BUSINESS, callee: { behaviour: 'sings' } },
      'body.callee.behaviour must be',
    ],
    ['POST', '/calls', [], 'body must be a JSON object'],
    ['POST', '/messages', { from: CUSTOMER, to: BUSINESS }, 'body.body must be a text'],
    [
      'POST',
      '/messages',
      { from: CUSTOMER, to: BUSINESS, body: 'x', mediaUrls: ['cat.jpg'] },
      'body.mediaUrls[0] must be',
    ],
    ['POST', '/faults', { on: 'messages.sing', answer: 500 }, 'body.on must be one of messages.create'],
    ['POST', '/faults', { on: 'messages.create', answer: 418 }, 'body.answer must be one of 404, 429'],
    ['POST', '/faults', { on: 'messages.create' }, 'body.answer must be given, unless body.delayMs is'],
    [
      'POST',
      '/faults',
      { on: 'messages.create', answer: 500, times: 2, share: 0.2 },
      'body takes times or share',
    ],
    [
      'POST',
      '/faults',
      { on: 'messages.create', answer: 500, share: 20 },
      'body.share must be a number from 0 to 1',
    ],
    ['POST', '/faults', { on: 'messages.create', answer: 'accept-later' }, 'takes body.afterMs'],
    [
      'POST',
      '/faults',
      { on: 'messages.list', answer: 'accept-later', afterMs: 9 },
      'is for messages.create',
    ],
    [
      'POST',
      '/faults',
      { on: 'messages.create', answer: 500, afterMs: 9 },
      'go with the answer accept-later',
    ],
    ['POST', '/faults', { on: 'messages.create', answer: 'drop' }, 'drop is for it alone'],
    ['POST', '/faults', { on: 'messages.callback', answer: 500 }, 'are what messages.callback takes'],
    ['PUT', '/listing', { listLagMs: -1 }, 'body.listLagMs must be a number from 0 to 600000'],
    ['PUT', '/listing', { redacted: 'yes' }, 'body.redacted must be true or false'],
    ['PUT', '/accounts/AC1', { authToken: 'x' }, 'the account in the path must be AC and 32 hex digits'],
    [
      'PUT',
      `/numbers/${BUSINESS}`,
      { accountSid: `AC${'9'.repeat(32)}` },
      'body.accountSid is no account here',
    ],
    ['GET', '/transcript', undefined, 'send ?number='],
  ])('%s %s with a mistake is told what to send', async (method, path, body, message) => {
    expect(await rig.control(method, path, body)).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining(message) },
    });
  });

  it('to an unknown route is a 404', async () => {
    expect(await rig.control('GET', '/weather')).toMatchObject({ status: 404 });
  });
});

describe('the transcript', () => {
  it('tells how long after the missed call the text was sent', async () => {
    rig.hub.script = { '/webhooks/twilio/call': `<Response><Dial>${OWNER}</Dial></Response>` };
    await rig.play({ callee: { behaviour: 'busy', afterSeconds: 0 } });
    await rig.text();
    await rig.until(() =>
      rig.sandbox.ledger.entries().some((entry) => entry.kind === 'phone' && entry.event === 'receives-text'),
    );
    const { body } = await rig.control('GET', `/transcript?number=${CUSTOMER}`);
    expect(body['number']).toBe(CUSTOMER);
    expect((body['lines'] as unknown[]).at(-1)).toMatchObject({
      event: 'receives-text',
      text: 'Sorry we missed you',
      other: BUSINESS,
      msSinceMiss: expect.any(Number),
      msSinceCallEnd: expect.any(Number),
    });
  });
});

describe('the ledger', () => {
  const kinds = async (query = ''): Promise<unknown[]> => {
    const { body } = await rig.control('GET', `/ledger${query}`);
    return (body['entries'] as { kind: string }[]).map(({ kind }) => kind);
  };

  it('holds every request, message and webhook, and can be emptied', async () => {
    await rig.text({ StatusCallback: `${rig.hub.url}/status` });
    await rig.until(() => rig.hub.at('/status').length === 3);
    await rig.until(() => rig.sandbox.ledger.entries().filter(({ kind }) => kind === 'webhook').length === 3);
    expect(new Set(await kinds())).toEqual(
      new Set(['message', 'rest', 'message-status', 'phone', 'webhook']),
    );
    const [webhook] = rig.sandbox.ledger.entries().filter(({ kind }) => kind === 'webhook');
    expect(webhook).toMatchObject({
      purpose: 'message-status',
      status: 200,
      attempts: 1,
      ms: expect.any(Number),
    });
    expect(await kinds('?kind=rest')).toEqual(['rest']);
    await rig.control('DELETE', '/ledger');
    expect(await kinds()).toEqual([]);
  });

  it('drops the oldest entries when it is full', async () => {
    for (let sent = 0; sent < 30; sent += 1) await rig.text({ Body: String(sent) });
    await rig.until(() => rig.sandbox.textsTo(CUSTOMER).length === 30);
    expect(rig.sandbox.ledger.entries()).toHaveLength(50);
    expect(rig.sandbox.ledger.dropped).toBeGreaterThan(0);
  });

  it('comes live, and resumes behind the last event seen', async () => {
    await rig.text({ Body: 'before' });
    const [first] = rig.sandbox.ledger.entries();
    const abort = new AbortController();
    const answer = await fetch(`${rig.sandbox.url}/sandbox/events`, {
      headers: { 'last-event-id': String(first?.seq) },
      signal: abort.signal,
    });
    await rig.text({ Body: 'after' });
    let stream = '';
    for await (const chunk of answer.body ?? []) {
      stream += Buffer.from(chunk).toString('utf8');
      if (stream.includes('"body":"after"')) break;
    }
    abort.abort();
    expect(stream).toMatch(/id: 2\nevent: rest\ndata: \{"seq":2,/);
    expect(stream).not.toContain('"seq":1,');
  });
});

describe('webhooks', () => {
  it('go where the number says', async () => {
    const settings = { accountSid: ACCOUNT, voiceUrl: `${rig.hub.url}/mine?tenant=7`, statusCallback: null };
    await rig.control('PUT', `/numbers/${BUSINESS}`, settings);
    await rig.play();
    expect(rig.hub.received.map(({ path }) => path)).toEqual(['/mine']);
  });

  it('are tried once more, with the same token, when the connection fails', async () => {
    const tokens: unknown[] = [];
    const rude: Server = createServer((req) => {
      tokens.push(req.headers['i-twilio-idempotency-token']);
      req.socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(rude, 'listening');
    rig.sandbox.hubUrl = `http://127.0.0.1:${(rude.address() as AddressInfo).port}`;
    await rig.control('POST', '/messages', { from: CUSTOMER, to: BUSINESS, body: 'Hello?', wait: true });
    expect(tokens).toHaveLength(4);
    expect(tokens[0]).toBe(tokens[1]);
    expect(tokens[2]).toBe(tokens[3]);
    expect(rig.alerts()).toEqual([11205, 11205]);
    const sent = rig.sandbox.ledger.entries().filter(({ kind }) => kind === 'webhook');
    expect(sent).toMatchObject([
      { attempts: 2, status: null },
      { attempts: 2, status: null },
    ]);
    rude.close();
  });

  it("that fail are told to the account's debugger, which is not told of itself", async () => {
    await rig.control('PUT', `/accounts/${ACCOUNT}`, {
      authToken: 'token-of-the-first-account',
      debuggerUrl: `${rig.hub.url}/debugger`,
    });
    rig.hub.script = { '/status': { status: 500 }, '/debugger': { status: 500 } };
    await rig.text({ To: '+14155550034', StatusCallback: `${rig.hub.url}/status` });
    await rig.until(() => rig.hub.at('/debugger').length === 2);
    expect(JSON.parse(rig.hub.at('/debugger')[0]?.params['Payload'] ?? '')).toMatchObject({
      error_code: '11200',
    });
    expect(rig.alerts()).toEqual([11200, 11200]);
  });
});

describe('a sandbox', () => {
  const options = {
    hubUrl: 'http://localhost:1',
    accounts: [{ accountSid: ACCOUNT, authToken: 'x' }],
  } as const;

  it('says so when its port is taken', async () => {
    const port = Number(new URL(rig.sandbox.url).port);
    await expect(startSandbox({ ...options, port })).rejects.toThrow('EADDRINUSE');
  });

  it('stops at once, whatever is going on', async () => {
    const other = await startSandbox({ ...options, port: 0 });
    const post = { method: 'POST', headers: { 'content-type': 'application/json' } };
    const call = fetch(`${other.url}/sandbox/calls`, {
      ...post,
      body: JSON.stringify({ from: CUSTOMER, to: BUSINESS, wait: true }),
    });
    const cut = call.then(
      () => 'answered',
      () => 'cut',
    );
    const startedAt = Date.now();
    await other.close();
    expect(await cut).toBe('cut');
    expect(Date.now() - startedAt).toBeLessThan(500);
  });
});

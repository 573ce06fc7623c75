import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { GapImport } from '#libs/twilio';

import { Calls } from '../calls.js';
import { ACCOUNT, newCaller, newSid, TestHub, type TestTenant } from '../hub.js';
import { happened } from '../lists.js';

interface MessageShown {
  readonly direction: string;
  readonly body: string;
  readonly createdAt: string;
  readonly media: readonly unknown[];
}

const NOBODY = 'http://localhost:1';
const NO_ANSWER = { behaviour: 'no-answer', afterSeconds: 1 };

describe('after the hub was away', () => {
  let hub: TestHub;
  let tenant: TestTenant;
  let calls: Calls;

  beforeAll(async () => {
    hub = await TestHub.start();
  });
  beforeEach(async () => {
    tenant = await hub.tenant({ textBackCooldownMinutes: 0, aiEnabled: false });
    calls = new Calls(hub, tenant);
  });
  const ownedForAnHour = (): Promise<unknown> =>
    hub.database.query(`update phone_numbers set created_at = created_at - interval '1 hour'`);

  afterAll(() => hub.stop());

  const whileAway = async (work: () => Promise<unknown>): Promise<void> => {
    const url = hub.sandbox.hubUrl;
    hub.sandbox.hubUrl = NOBODY;
    await work().finally(() => (hub.sandbox.hubUrl = url));
  };

  const heal = (): Promise<void> => hub.app.get(GapImport).run(ACCOUNT.accountSid);

  const received = (body: string): Promise<Record<string, unknown>[]> =>
    hub.database.query(`select * from messages where direction = 'inbound' and body = $1`, [body]);

  const sidOf = (body: string): string => {
    const found = hub.sandbox.ledger.entries().find((one) => one.kind === 'message' && one.body === body);
    return found?.kind === 'message' ? found.messageSid : '';
  };

  const minutesAgo = (sid: string, minutes: number): void => happened(hub, sid, minutes);

  it('imports the texts that it missed, each once, and threads them', async () => {
    const from = newCaller();
    const bodies = Array.from({ length: 12 }, (_, index) => `missed text ${index} of ${from}`);
    await ownedForAnHour();
    await whileAway(async () => {
      for (const body of bodies) await hub.text(from, tenant.number, body);
    });
    for (const [index, body] of bodies.entries()) minutesAgo(sidOf(body), (bodies.length - index) / 6);
    await heal();
    await heal();
    const thread = await hub.eventually(async () => {
      const { body } = await hub.get<{ data: { id: string }[] }>(
        `/v1/conversations?customer=${encodeURIComponent(from)}`,
        tenant.key,
      );
      const id = body.data[0]?.id;
      if (id === undefined) return null;
      const shown = await hub.get<{ data: MessageShown[] }>(`/v1/conversations/${id}/messages`, tenant.key);
      return shown.body.data.length >= bodies.length ? shown.body.data : null;
    });
    expect(thread.map(({ body }) => body).toReversed()).toEqual(bodies);
  });

  it('takes a webhook that comes after all, and the import, as one', async () => {
    const [from, body, sid] = [newCaller(), `both roads ${newSid('SM')}`, newSid('SM')];
    const { messages } = (hub.sandbox as unknown as { parts: { messages: { add(m: unknown): void } } }).parts;
    const listed = {
      accountSid: ACCOUNT.accountSid,
      direction: 'inbound',
      status: 'received',
      mediaUrls: [],
    };
    messages.add({ ...listed, sid, from, to: tenant.number, body, createdAt: Date.now(), sentAt: null });
    const webhook = { MessageSid: sid, From: from, To: tenant.number, Body: body };
    await Promise.all([heal(), hub.webhook('/webhooks/twilio/sms', webhook), heal()]);
    expect(await received(body)).toHaveLength(1);
  });

  it('brings the pictures of a text along', async () => {
    const body = `a picture ${newSid('SM')}`;
    await whileAway(async () => {
      const picture = `data:image/png;base64,${Buffer.from('png').toString('base64')}`;
      const sent = { from: newCaller(), to: tenant.number, body, mediaUrls: [picture], wait: true };
      await fetch(`${hub.sandbox.url}/sandbox/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(sent),
      });
    });
    await heal();
    const [row] = await received(body);
    expect(row?.['media']).toEqual([
      {
        url: expect.stringMatching(/^https:\/\/api\.twilio\.com\/.*\/Media\/ME\w+$/),
        contentType: 'image/png',
      },
    ]);
  });

  it('imports a call that nobody could take, and texts its caller', async () => {
    await ownedForAnHour();
    const from = newCaller();
    let callSid = '';
    await whileAway(async () => {
      callSid = await hub.call(from, tenant.number, NO_ANSWER);
    });
    minutesAgo(callSid, 1);
    await heal();
    const call = await calls.settled(from);
    expect(call).toMatchObject({ outcome: 'missed', missedReason: 'no-answer', textBack: { sent: true } });
    await heal();
    await hub.eventually(async () => hub.sandbox.textsTo(from).length > 0);
    expect(hub.sandbox.textsTo(from)).toHaveLength(1);
  });

  it('texts nobody who called more than ten minutes before', async () => {
    await ownedForAnHour();
    const from = newCaller();
    let callSid = '';
    await whileAway(async () => {
      callSid = await hub.call(from, tenant.number, NO_ANSWER);
    });
    minutesAgo(callSid, 9.9);
    await hub.database.query(`update import_marks set complete_until = complete_until - interval '1 hour'`);
    minutesAgo(callSid, 1);
    await heal();
    const call = await calls.settled(from);
    expect(call).toMatchObject({ outcome: 'missed', textBack: { sent: false, reason: 'too-late' } });
    expect(Date.now() - Date.parse(String((call as { startedAt?: string }).startedAt))).toBeGreaterThan(
      600_000,
    );
  });

  it('knows from its legs that a call was answered although its end was missed', async () => {
    const from = newCaller();
    const running = hub.call(from, tenant.number, { behaviour: 'answer', afterSeconds: 1, talkSeconds: 30 });
    await hub.eventually(async () => (await calls.shown(from)) !== undefined);
    await whileAway(() => running);
    const callSid = await running;
    minutesAgo(callSid, 0.6);
    await heal();
    await hub.eventually(async () => (await calls.shown(from))?.outcome === 'answered');
    expect(hub.sandbox.textsTo(from)).toEqual([]);
  });

  it('reads again from where a call began that is not over', async () => {
    await ownedForAnHour();
    await hub.database.query(`update import_marks set complete_until = complete_until - interval '1 hour'`);
    const call = { sid: newSid('CA'), from: newCaller(), to: tenant.number };
    const known = (status: string): Promise<Response> =>
      fetch(`${hub.sandbox.url}/sandbox/known`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ calls: [{ ...call, status }] }),
      });
    const minutesRead = async (): Promise<number> => {
      const mark = `select extract(epoch from now() - complete_until) / 60 as minutes from import_marks
        where account_sid = $1 and kind = 'calls'`;
      return Number((await hub.database.query(mark, [ACCOUNT.accountSid]))[0]?.['minutes']);
    };
    await known('in-progress');
    minutesAgo(call.sid, 15);
    await heal();
    expect(await minutesRead()).toBeGreaterThan(14.9);
    await known('completed');
    minutesAgo(call.sid, 1);
    await heal();
    expect(await minutesRead()).toBeLessThan(1);
    expect(await hub.database.query('select 1 from calls where call_sid = $1', [call.sid])).toHaveLength(1);
  });

  it('leaves alone what came to a number before it was ours', async () => {
    const [from, body] = [newCaller(), `before our time ${newSid('SM')}`];
    let sid = '';
    await whileAway(async () => {
      const response = await fetch(`${hub.sandbox.url}/sandbox/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ from, to: tenant.number, body, wait: true }),
      });
      ({ messageSid: sid } = (await response.json()) as { messageSid: string });
    });
    minutesAgo(sid, 5);
    await heal();
    expect(await received(body)).toEqual([]);
  });

  it('hears from the list how a text of ours ended, when no callback told', async () => {
    const from = newCaller();
    await hub.call(from, tenant.number, NO_ANSWER);
    await hub.eventually(async () => hub.sandbox.textsTo(from).length === 1);
    const status = `select m.status, m.id from messages m join contacts c on c.id = m.contact_id where c.number = $1`;
    await hub.eventually(
      async () => (await hub.database.query(status, [from]))[0]?.['status'] === 'delivered',
    );
    const [row] = await hub.database.query(status, [from]);
    await hub.database.query(`update messages set status = 'accepted' where id = $1`, [row?.['id']]);
    await hub.database.query(`delete from webhook_keys where key like '%/sms.status/%delivered'`);
    await heal();
    expect((await hub.database.query(status, [from]))[0]?.['status']).toBe('delivered');
  });

  it('tries again later when the lists cannot be had, and reads from where it was', async () => {
    const body = `behind a fault ${newSid('SM')}`;
    await whileAway(() => hub.text(newCaller(), tenant.number, body));
    await fetch(`${hub.sandbox.url}/sandbox/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ on: 'messages.list', answer: 429, times: 1 }),
    });
    await heal();
    expect(await received(body)).toEqual([]);
    await heal();
    expect(await received(body)).toHaveLength(1);
  });
});

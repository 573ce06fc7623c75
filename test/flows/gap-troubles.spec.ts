import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Inbox, keyOf, Spool } from '#libs/durable';
import { GapImport } from '#libs/twilio';

import { Calls } from '../calls.js';
import { ACCOUNT, newCaller, newSid, TestHub, type TestTenant } from '../hub.js';
import { happened } from '../lists.js';
import { Sends } from '../sends.js';

const NOBODY = 'http://localhost:1';
const NO_ANSWER = { behaviour: 'no-answer', afterSeconds: 1 };
const PICTURE = `data:image/png;base64,${Buffer.from('png').toString('base64')}`;

interface Listed {
  add(message: Readonly<Record<string, unknown>>): void;
}

describe("what is wrong with Twilio's lists", () => {
  let hub: TestHub;
  let tenant: TestTenant;
  let sends: Sends;

  beforeAll(async () => {
    hub = await TestHub.start();
    tenant = await hub.tenant({ aiEnabled: false, textBackCooldownMinutes: 0 });
    sends = new Sends(hub, tenant);
    await hub.database.query(`update phone_numbers set created_at = created_at - interval '1 hour'`);
  });
  afterEach(() => sends.mend());
  afterAll(() => hub.stop());

  const heal = (): Promise<void> => hub.app.get(GapImport).run(ACCOUNT.accountSid);

  const mediaOf = async (body: string): Promise<unknown> =>
    (
      await hub.database.query(`select media from messages where direction = 'inbound' and body = $1`, [body])
    )[0]?.['media'];

  const whileAway = async (work: () => Promise<unknown>): Promise<void> => {
    const url = hub.sandbox.hubUrl;
    hub.sandbox.hubUrl = NOBODY;
    await work().finally(() => (hub.sandbox.hubUrl = url));
  };

  const textsInVain = (body: string, mediaUrls: readonly string[] = []): Promise<void> =>
    whileAway(async () => {
      await fetch(`${hub.sandbox.url}/sandbox/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ from: newCaller(), to: tenant.number, body, mediaUrls, wait: true }),
      });
    });

  it.each([404, 503] as const)(
    'keeps no text out: pictures that answer %i are left out, and newer texts come too',
    async (answer) => {
      const [pictured, newer] = [`pictures are gone ${newSid('MM')}`, `after them ${newSid('SM')}`];
      await textsInVain(pictured, [PICTURE]);
      await textsInVain(newer);
      await sends.fault({ on: 'media.list', answer, share: 1 });
      await heal();
      expect([await mediaOf(pictured), await mediaOf(newer)]).toEqual([[], []]);
    },
  );

  it('costs no picture when it passes', async () => {
    const pictured = `a picture ${newSid('MM')}`;
    await textsInVain(pictured, [PICTURE]);
    await sends.fault({ on: 'media.list', answer: 503 });
    await heal();
    expect(await mediaOf(pictured)).toEqual([expect.objectContaining({ contentType: 'image/png' })]);
  });

  it('in the list of texts does not keep calls from being read, and texts are read again', async () => {
    const [from, body] = [newCaller(), `behind a fault ${newSid('SM')}`];
    await textsInVain(body);
    let callSid = '';
    await whileAway(async () => {
      callSid = await hub.call(from, tenant.number, NO_ANSWER);
    });
    happened(hub, callSid, 1);
    await sends.fault({ on: 'messages.list', answer: 503, times: 1 });
    await heal();
    expect(await new Calls(hub, tenant).settled(from)).toMatchObject({
      outcome: 'missed',
      textBack: { sent: true },
    });
    expect(await mediaOf(body)).toBeUndefined();
    await heal();
    expect(await mediaOf(body)).toEqual([]);
  });

  it('makes no call too short: a listed duration of nothing is no ringing', async () => {
    const [from, sid] = [newCaller(), newSid('CA')];
    const calls = new Calls(hub, tenant);
    await calls.incoming(sid, from);
    await hub.database.query(
      `update calls set evidence = jsonb_set(evidence, '{incoming,at}', to_jsonb(clock_timestamp() - interval '80 seconds')),
         started_at = clock_timestamp() - interval '80 seconds' where call_sid = $1`,
      [sid],
    );
    const listed = { sid, from, to: tenant.number, status: 'completed', durationSeconds: 0 };
    await fetch(`${hub.sandbox.url}/sandbox/known`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ calls: [listed] }),
    });
    happened(hub, sid, 1);
    await heal();
    expect(await calls.settled(from)).toMatchObject({ missedReason: 'abandoned', textBack: { sent: true } });
  });

  it('is cleaned: characters that the database cannot keep', async () => {
    const mark = newSid('SM');
    const nul = String.fromCharCode(0);
    const half = String.fromCharCode(0xd83d);
    const { messages } = (hub.sandbox as unknown as { parts: { messages: Listed } }).parts;
    const listed = {
      accountSid: ACCOUNT.accountSid,
      direction: 'inbound',
      status: 'received',
      mediaUrls: [],
    };
    const sent = { from: newCaller(), to: tenant.number, createdAt: Date.now(), sentAt: null };
    messages.add({ ...listed, ...sent, sid: mark, body: `dirty ${nul}${half} ${mark}` });
    await heal();
    expect(hub.app.get(Spool).size.records).toBe(0);
    expect(await mediaOf(`dirty \u{fffd} ${mark}`)).toEqual([]);
  });

  it('and cannot be kept all the same, becomes a dead letter', async () => {
    const sid = newSid('SM');
    const accepted = await hub.app.get(Inbox).accept(
      {
        key: keyOf(ACCOUNT.accountSid, { kind: 'sms.incoming', sid, step: '' }),
        kind: 'sms.incoming',
        sid,
        accountSid: ACCOUNT.accountSid,
        tenantId: tenant.id,
        params: { MessageSid: sid, From: newCaller(), To: tenant.number, Body: String.fromCharCode(0) },
        context: { phoneNumberId: tenant.phoneNumberId },
        answer: '<Response/>',
      },
      'must-be-kept',
    );
    expect(accepted.verdict).toBe('kept');
    expect(hub.app.get(Spool).size.records).toBe(0);
    const { body } = await hub.get<{ data: { error: string }[] }>('/v1/dead-letters', tenant.key);
    expect(body.data).toEqual([expect.objectContaining({ error: expect.stringContaining('Unicode') })]);
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { Calls } from '../calls.js';
import { newCaller, newSid, TestHub, type TestTenant } from '../hub.js';

describe('a text-back', () => {
  let hub: TestHub;
  let tenant: TestTenant;
  let calls: Calls;

  beforeAll(async () => {
    hub = await TestHub.start();
    tenant = await hub.tenant({ aiTakeoverSeconds: 3600 });
    calls = new Calls(hub, tenant);
  });
  afterAll(() => hub.stop());

  it.each(['anonymous', '+266696687'])(
    'is not sent to a caller who withholds the number: %s',
    async (from) => {
      await hub.call(from, tenant.number, { behaviour: 'no-answer' });
      const refused = { outcome: 'missed', textBack: { sent: false, reason: 'not-textable' } };
      expect(await calls.settled(from)).toMatchObject(refused);
    },
  );

  it('is sent once within the cooldown', async () => {
    const from = newCaller();
    await hub.call(from, tenant.number, { behaviour: 'busy' });
    await calls.settled(from);
    await hub.call(from, tenant.number, { behaviour: 'busy' });
    await hub.eventually(async () => (await calls.shown(from))?.textBack.reason === 'cooldown');
    expect(hub.sandbox.textsTo(from)).toHaveLength(1);
  });

  it('is not sent into a conversation that is alive', async () => {
    const from = newCaller();
    await hub.text(from, tenant.number, 'Can you come today?');
    await hub.eventually(
      async () =>
        (
          await hub.get<{ data: unknown[] }>(
            `/v1/conversations?customer=${encodeURIComponent(from)}`,
            tenant.key,
          )
        ).body.data.length === 1,
    );
    await hub.call(from, tenant.number, { behaviour: 'busy' });
    expect((await calls.settled(from)).textBack).toMatchObject({ sent: false, reason: 'live-conversation' });
  });

  it('is not sent to somebody who opted out', async () => {
    const from = newCaller();
    await hub.text(from, tenant.number, 'STOP');
    await hub.call(from, tenant.number, { behaviour: 'busy' });
    const call = await calls.settled(from);
    expect(call.textBack).toMatchObject({ sent: false, reason: 'opted-out' });
    const { body } = await hub.get<{ data: { name: string; verdict: string }[] }>(
      `/v1/calls/${call.id}/decisions`,
      tenant.key,
    );
    expect(body.data.map(({ name, verdict }) => `${name}: ${verdict}`)).toEqual(
      expect.arrayContaining(['not-opted-out: opted-out', 'prefix-cap: pass']),
    );
  });

  it('is not sent when the tenant turned it off', async () => {
    const silent = await hub.tenant({ textBackEnabled: false });
    const from = newCaller();
    await hub.call(from, silent.number, { behaviour: 'busy' });
    expect((await new Calls(hub, silent).settled(from)).textBack).toMatchObject({
      sent: false,
      reason: 'disabled',
    });
  });

  it('stops at the cap of a prefix, which a liar would fill', async () => {
    const capped = await hub.tenant({ prefixTextBackCap: 3 });
    const own = new Calls(hub, capped);
    const callers = Array.from({ length: 6 }, (_, n) => `+1707555${1_500 + n}`);
    await Promise.all(callers.map((from) => hub.call(from, capped.number, { behaviour: 'busy' })));
    const reasons = await Promise.all(callers.map(async (from) => (await own.settled(from)).textBack.reason));
    expect(reasons.filter((reason) => reason === null)).toHaveLength(3);
    expect(reasons.filter((reason) => reason === 'rate-capped')).toHaveLength(3);
  });

  it('waits for Twilio when it is asked to slow down, and goes out once', async () => {
    const from = newCaller();
    await fetch(`${hub.sandbox.url}/sandbox/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ on: 'messages.create', answer: 429, times: 1 }),
    });
    const callSid = newSid('CA');
    const urls = await calls.incoming(callSid, from);
    await calls.action(from, callSid, urls, 'busy', 'in-progress');
    await hub.eventually(async () => hub.sandbox.textsTo(from).length === 1);
    const [row] = await hub.database.query(
      'select count(*)::int as n from message_attempts a join messages m on m.id = a.message_id join contacts c on c.id = m.contact_id where c.number = $1',
      [from],
    );
    expect(row).toEqual({ n: 2 });
  });

  it('to a landline fails, and the contact is not texted again', async () => {
    const from = '+17075550006';
    await hub.call(from, tenant.number, { behaviour: 'busy' });
    await hub.eventually(async () => {
      const [row] = await hub.database.query('select textable, line_type from contacts where number = $1', [
        from,
      ]);
      return row?.['textable'] === false && row['line_type'] === 'landline';
    });
    await hub.call(from, tenant.number, { behaviour: 'busy' });
    await hub.eventually(async () => (await calls.shown(from))?.textBack.reason === 'landline');
  });
});

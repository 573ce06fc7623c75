import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { newCaller, TestHub, type TestTenant } from '../hub.js';
import { Sends } from '../sends.js';

const NO_CALLBACK = { on: 'messages.callback', answer: 'drop', share: 1 };
const ANSWER_LOST = { on: 'messages.create', answer: 'accept-then-reset' };

describe('a text that Twilio has, and lists in other words', () => {
  let hub: TestHub;
  let tenant: TestTenant;
  let sends: Sends;

  beforeAll(async () => {
    hub = await TestHub.start();
    tenant = await hub.tenant({ aiEnabled: false, textBackTemplate: 'We’re sorry we missed you' });
    sends = new Sends(hub, tenant);
  });
  afterEach(async () => {
    await sends.mend();
    await fetch(`${hub.sandbox.url}/sandbox/listing`, { method: 'DELETE' });
  });
  afterAll(() => hub.stop());

  const lists = (settings: Readonly<Record<string, boolean>>): Promise<Response> =>
    fetch(`${hub.sandbox.url}/sandbox/listing`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(settings),
    });

  /** A text-back that Twilio took, with neither an answer nor a callback. */
  const taken = async (from: string): Promise<string> => {
    await sends.fault(NO_CALLBACK);
    await sends.fault(ANSWER_LOST);
    const id = await sends.miss(from);
    await sends.comesTo(id, 'unknown');
    return id;
  };

  it("is known behind a trial account's words, and is not sent again", async () => {
    await lists({ trial: true });
    const from = newCaller();
    const id = await taken(from);
    await sends.look(id);
    await sends.becomes(id, 'accepted');
    expect(hub.sandbox.textsTo(from)).toHaveLength(1);
  });

  it('is held, not sent again, when Smart Encoding changed its words', async () => {
    await lists({ smartEncoded: true });
    const from = newCaller();
    const id = await taken(from);
    while ((await sends.shown(id))['status'] === 'sending') await sends.look(id);
    expect(await sends.shown(id)).toMatchObject({ status: 'held', messageSid: null });
    expect(hub.sandbox.textsTo(from)).toHaveLength(1);
  });

  it('is believed absent when what is listed is another of ours, that is held', async () => {
    const from = newCaller();
    await sends.fault(NO_CALLBACK);
    await sends.fault(ANSWER_LOST);
    const held = await sends.write(from, 'Something else');
    await sends.comesTo(held, 'unknown');
    await sends.fault({ on: 'messages.list', answer: 503, times: 50 });
    while ((await sends.shown(held))['status'] === 'sending') await sends.look(held);
    await sends.mend();
    await sends.fault({ on: 'messages.create', answer: 'reset' });
    const id = await sends.write(from);
    await sends.comesTo(id, 'unknown');
    await hub.database.query(
      `update message_attempts set opened_at = opened_at + interval '9 minutes' where message_id = $1`,
      [held],
    );
    for (let nth = 1; nth <= 2; nth += 1) await sends.look(id);
    expect(await sends.outcomesOf(id)).toEqual(['absent']);
    expect(hub.sandbox.textsTo(from)).toEqual(['Something else']);
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { newCaller, OTHER_ACCOUNT, TestHub, type TestTenant } from '../hub.js';
import { Sends } from '../sends.js';

const SENDS = 40;
const SLOW_MS = 10_000;
const MOST_UNDER_WAY = 20;

describe('while Twilio takes 10 s for each text of an account', () => {
  let hub: TestHub;
  let slow: TestTenant;
  let other: TestTenant;
  let sends: Sends;

  beforeAll(async () => {
    hub = await TestHub.start();
    slow = await hub.tenant({ aiTakeoverSeconds: 1 });
    other = await hub.tenant({}, OTHER_ACCOUNT.accountSid);
    sends = new Sends(hub, slow);
  });
  afterAll(() => hub.stop());

  const underWay = async (): Promise<number> => {
    const [row] = await hub.database.query(
      `select count(*)::int as n from message_attempts where tenant_id = $1 and outcome = 'open'`,
      [slow.id],
    );
    return Number(row?.['n']);
  };

  it('timers and the texts of others keep their time, and every text goes out once', async () => {
    const receivers = Array.from({ length: SENDS }, () => newCaller());
    await sends.fault({ on: 'messages.create', delayMs: SLOW_MS, times: SENDS });
    await sends.fault({ on: 'messages.callback', answer: 'drop', share: 1 });
    await Promise.all(receivers.map((to) => sends.write(to)));
    await hub.eventually(async () => (await underWay()) === MOST_UNDER_WAY);

    const customer = newCaller();
    const askedAt = performance.now();
    await hub.text(customer, slow.number, 'Is anyone there?');
    const taken = `select 1 from conversations where customer_number = $1 and handler = 'ai'`;
    await hub.eventually(async () => (await hub.database.query(taken, [customer])).length === 1);
    expect(performance.now() - askedAt).toBeLessThan(3_000);

    const caller = newCaller();
    await sends.mend();
    const missedAt = performance.now();
    await hub.call(caller, other.number, { behaviour: 'no-answer', afterSeconds: 1 });
    await hub.eventually(async () => hub.sandbox.textsTo(caller).length === 1);
    expect(performance.now() - missedAt).toBeLessThan(2_000);
    expect(await underWay()).toBeLessThanOrEqual(MOST_UNDER_WAY);

    await hub.eventually(async () => receivers.every((to) => hub.sandbox.textsTo(to).length === 1), 60_000);
    expect(receivers.map((to) => hub.sandbox.textsTo(to).length)).toEqual(receivers.map(() => 1));
  }, 90_000);
});

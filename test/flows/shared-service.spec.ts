import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';

import { newCaller, TestHub, type TestTenant } from '../hub.js';
import { Sends } from '../sends.js';

const SERVICE = `MG${'7'.repeat(32)}`;
const RESET = { on: 'messages.create', answer: 'reset' };
const ANSWER_LOST = { on: 'messages.create', answer: 'accept-then-reset' };
const NO_CALLBACK = { on: 'messages.callback', answer: 'drop', share: 1 };

describe('two businesses whose numbers are in one messaging service', () => {
  let hub: TestHub;
  let mine: Sends;
  let theirs: Sends;

  beforeAll(async () => {
    hub = await TestHub.start();
    const [one, other] = [await hub.tenant({ aiEnabled: false }), await hub.tenant({ aiEnabled: false })];
    for (const tenant of [one, other]) await joinService(tenant);
    [mine, theirs] = [new Sends(hub, one), new Sends(hub, other)];
  });
  afterEach(() => mine.mend());
  afterAll(() => hub.stop());

  /** Twilio sends from whichever number of the service it likes: here from the last that joined. */
  const joinService = async ({ key, phoneNumberId, number, accountSid }: TestTenant): Promise<void> => {
    const changed = await hub.patch(
      `/v1/phone-numbers/${phoneNumberId}`,
      { messagingServiceSid: SERVICE },
      key,
    );
    expect(changed.status).toBe(200);
    await fetch(`${hub.sandbox.url}/sandbox/numbers/${encodeURIComponent(number)}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ accountSid, messagingServiceSid: SERVICE }),
    });
  };

  it('never takes the one for the other when each text has its SID', async () => {
    const to = newCaller();
    await mine.fault(RESET);
    const id = await mine.write(to);
    await mine.comesTo(id, 'unknown');
    await theirs.becomes(await theirs.write(to), 'delivered');
    for (let nth = 1; nth <= 2; nth += 1) await mine.look(id);
    await mine.becomes(id, 'held');
    expect(await mine.outcomesOf(id)).toEqual(['absent']);
  });

  it('gives a row that may be of either to the text that was sent last before it', async () => {
    const to = newCaller();
    await mine.fault(NO_CALLBACK);
    await mine.fault(RESET);
    const id = await mine.write(to);
    await mine.comesTo(id, 'unknown');
    await mine.fault(ANSWER_LOST);
    const other = await theirs.write(to);
    await theirs.comesTo(other, 'unknown');
    await mine.look(id);
    expect(await mine.shown(id)).toMatchObject({ status: 'sending', messageSid: null });
    await theirs.look(other);
    await theirs.becomes(other, 'accepted');
    expect(hub.sandbox.textsTo(to)).toHaveLength(1);
  });

  it('finds its text although Twilio sent it from the number of the other', async () => {
    const to = newCaller();
    await mine.fault(NO_CALLBACK);
    await mine.fault(ANSWER_LOST);
    const id = await mine.write(to);
    await mine.comesTo(id, 'unknown');
    await mine.look(id);
    await mine.becomes(id, 'accepted');
  });

  it('looks again when the SID it found becomes the other text at that moment', async () => {
    const to = newCaller();
    await mine.fault(NO_CALLBACK);
    await mine.fault(ANSWER_LOST);
    const id = await mine.write(to);
    await mine.comesTo(id, 'unknown');
    const sid = hub.sandbox.ledger
      .entries()
      .flatMap((entry) => (entry.kind === 'message' && entry.to === to ? [entry.messageSid] : []))[0];
    const binder = new Client({ connectionString: hub.database.address.url });
    await binder.connect();
    await binder.query(`begin; set local app.system = 'on'`);
    await binder.query(
      `insert into twilio_sids (sid, tenant_id, account_sid, kind, subject_id)
       select $1, tenant_id, account_sid, 'message', gen_random_uuid() from phone_numbers limit 1`,
      [sid],
    );
    const looked = mine.look(id);
    const waits = `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%twilio_sids%'`;
    await hub.eventually(async () => (await hub.database.query(waits)).length > 0);
    await binder.query('commit');
    await binder.end();
    await looked;
    expect(await mine.shown(id)).toMatchObject({ status: 'sending', messageSid: null });
    const counted = 'select looks, absences from message_attempts where message_id = $1';
    expect(await hub.database.query(counted, [id])).toEqual([{ looks: 1, absences: 0 }]);
  });
});

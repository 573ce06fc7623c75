import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { newCaller, TestHub, type TestTenant } from '../hub.js';
import { Sends } from '../sends.js';

const ANSWER_MS = 8_000;
const SOON_MS = 4_000;

describe('a text behind one that is being settled', () => {
  let hub: TestHub;
  let tenant: TestTenant;
  let sends: Sends;

  beforeAll(async () => {
    hub = await TestHub.start();
    tenant = await hub.tenant({ aiEnabled: false });
    sends = new Sends(hub, tenant);
  });
  afterAll(() => hub.stop());

  it('goes out soon after, though the settlement had looked for it before it was there', async () => {
    const to = newCaller();
    await sends.fault({ on: 'messages.callback', answer: 'drop', share: 1 });
    await sends.fault({ on: 'messages.create', delayMs: ANSWER_MS, times: 1 });
    const first = await sends.write(to, 'First');
    await sends.comesTo(first, 'open');
    // the settlement: it has the row, and has seen that nothing else is queued
    await hub.database.query('begin');
    await hub.database.query('select 1 from messages where id = $1 for update', [first]);
    const second = await sends.write(to, 'Second');
    const waits = `select 1 from graphile_worker.jobs where task_identifier = 'sms.deliver' and run_at > clock_timestamp()`;
    await hub.eventually(async () => (await hub.database.query(waits)).length > 0);
    await hub.database.query(`update messages set status = 'accepted' where id = $1`, [first]);
    await hub.database.query('commit');
    await hub.eventually(async () => (await sends.outcomesOf(second)).length === 1, SOON_MS);
    await sends.comesTo(second, 'accepted');
    await sends.comesTo(first, 'accepted');
    expect(hub.sandbox.textsTo(to)).toEqual(['First', 'Second']);
  });
});

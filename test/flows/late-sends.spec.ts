import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { newCaller, TestHub, type TestTenant } from '../hub.js';
import { Sends } from '../sends.js';

describe('a text that could not leave for a while', () => {
  let hub: TestHub;
  let tenant: TestTenant;
  let sends: Sends;

  beforeAll(async () => {
    hub = await TestHub.start();
    tenant = await hub.tenant({ aiEnabled: false });
    sends = new Sends(hub, tenant);
  });
  afterEach(() => sends.mend());
  afterAll(() => hub.stop());

  /** Twilio's queue is full; then so much time passes, and it takes texts again. */
  const waits = async (id: string, minutes: number): Promise<void> => {
    await sends.comesTo(id, 'put-off');
    await hub.database.query(
      `update messages set created_at = created_at - make_interval(mins => $2),
         send_at = send_at - make_interval(mins => $2) where id = $1 and status = 'queued'`,
      [id, minutes],
    );
    await sends.mend();
  };
  const full = (): Promise<void> => sends.fault({ on: 'messages.create', answer: 429, share: 1 });
  const confirmationTo = (to: string): Promise<string> =>
    hub.eventually(async () => {
      const [row] = await hub.database.query(
        `select m.id from messages m join contacts c on c.id = m.contact_id
         where c.number = $1 and m.purpose = 'opt-out-confirmation'`,
        [to],
      );
      return row?.['id'] as string | undefined;
    });

  it('is dropped when it answers a call that was missed ten minutes ago, and what is behind it goes', async () => {
    const from = newCaller();
    await full();
    const id = await sends.miss(from);
    await waits(id, 10);
    await sends.becomes(id, 'failed');
    expect(await sends.shown(id)).toMatchObject({ errorCode: 'too-late', messageSid: null });
    await sends.write(from, 'Still there?');
    await hub.eventually(async () => hub.sandbox.textsTo(from).length > 0);
    expect(hub.sandbox.textsTo(from)).toEqual(['Still there?']);
  });

  it('goes out when the call was missed nine minutes ago', async () => {
    const from = newCaller();
    await full();
    const id = await sends.miss(from);
    await waits(id, 9);
    await sends.becomes(id, 'delivered');
  });

  it.each([
    ['is dropped', 5, 'failed'],
    ['goes out', 4, 'delivered'],
  ])('%s when it confirms an opt-out of %i minutes ago', async (_, minutes, status) => {
    const from = newCaller();
    await full();
    await hub.text(from, tenant.number, 'Please take me off your list');
    const id = await confirmationTo(from);
    await waits(id, minutes);
    await sends.becomes(id, status);
  });

  it("goes out however late, when it is a person's", async () => {
    const to = newCaller();
    await full();
    const id = await sends.write(to);
    await waits(id, 600);
    await sends.becomes(id, 'delivered');
  });

  it('goes out however late, when it was held and a person has it sent again', async () => {
    const from = newCaller();
    await sends.fault({ on: 'messages.create', answer: 'reset', times: 3 });
    const id = await sends.miss(from);
    await sends.proveAbsent(id, 3);
    await sends.becomes(id, 'held');
    await hub.database.query(
      `update messages set created_at = created_at - interval '1 hour', send_at = send_at - interval '1 hour' where id = $1`,
      [id],
    );
    await hub.post(`/v1/messages/${id}/resolve`, { as: 'resend' }, tenant.key);
    await sends.becomes(id, 'delivered');
    expect(hub.sandbox.textsTo(from)).toHaveLength(1);
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { newCaller, TestHub, type TestTenant } from '../hub.js';

interface MessageShown {
  readonly id: string;
  readonly status: string;
}

describe('a text whose answer from Twilio was lost', () => {
  let hub: TestHub;
  let tenant: TestTenant;

  beforeAll(async () => {
    hub = await TestHub.start();
    tenant = await hub.tenant();
  });
  afterAll(() => hub.stop());

  const fault = (on: string, answer: unknown, times = 1): Promise<Response> =>
    fetch(`${hub.sandbox.url}/sandbox/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ on, answer, times }),
    });

  const write = async (to: string, body = 'On my way'): Promise<string> =>
    (await hub.post<MessageShown>('/v1/messages', { to, body }, tenant.key)).body.id;

  const statusOf = async (id: string): Promise<string> =>
    (await hub.get<MessageShown>(`/v1/messages/${id}`, tenant.key)).body.status;

  const attemptsOf = async (id: string): Promise<readonly unknown[]> =>
    (
      await hub.database.query(
        'select outcome from message_attempts where message_id = $1 order by opened_at',
        [id],
      )
    ).map(({ outcome }) => outcome);

  /** The alarm of the next look rings now; waits for it to be set. */
  const look = async (nth: number): Promise<void> => {
    const ring = `
      update graphile_worker._private_jobs j set run_at = now() from graphile_worker._private_tasks t
      where t.id = j.task_id and t.identifier = 'sms.settle' and j.payload ->> 'look' = $1 and j.locked_at is null
      returning j.id`;
    await hub.eventually(async () => (await hub.database.query(ring, [String(nth)])).length > 0);
  };

  it('is sent again once Twilio listed it twice as absent', async () => {
    const to = newCaller();
    await fault('messages.create', 'reset');
    const id = await write(to);
    await hub.eventually(async () => (await attemptsOf(id)).includes('unknown'));
    expect(hub.sandbox.textsTo(to)).toEqual([]);
    await fault('messages.list', 503);
    await look(1);
    await look(2);
    await look(3);
    await hub.eventually(async () => (await statusOf(id)) === 'delivered');
    expect(hub.sandbox.textsTo(to)).toEqual(['On my way']);
    expect(await attemptsOf(id)).toEqual(['absent', 'accepted']);
  });

  it("is found in Twilio's list when no callback tells of it, and never sent twice", async () => {
    const to = newCaller();
    const id = await write(to);
    await hub.eventually(async () => (await statusOf(id)) === 'delivered');
    const forget = [
      `delete from twilio_sids where subject_id = $1`,
      `update messages set status = 'sending', message_sid = null where id = $1`,
      `update message_attempts set outcome = 'unknown', message_sid = null where message_id = $1`,
    ];
    for (const statement of forget) await hub.database.query(statement, [id]);
    const [attempt] = await hub.database.query('select id from message_attempts where message_id = $1', [id]);
    const payload = JSON.stringify({ tenantId: tenant.id, attemptId: attempt?.['id'], look: '1' });
    await hub.database.query(`select graphile_worker.add_job('sms.settle', $1::json)`, [payload]);
    await hub.eventually(async () => (await statusOf(id)) === 'accepted');
    expect(await attemptsOf(id)).toEqual(['accepted']);
    expect(hub.sandbox.textsTo(to)).toEqual(['On my way']);
  });

  it('is held for a human when the list cannot be had either, and goes out at their word', async () => {
    const to = newCaller();
    await fault('messages.create', 'reset');
    const id = await write(to);
    await hub.eventually(async () => (await attemptsOf(id)).includes('unknown'));
    await write(to, 'Behind it');
    for (const nth of [1, 2, 3, 4]) {
      await fault('messages.list', 503);
      await look(nth);
    }
    await hub.eventually(async () => (await statusOf(id)) === 'held');
    await hub.eventually(async () => hub.sandbox.textsTo(to).length === 1);
    expect(hub.sandbox.textsTo(to)).toEqual(['Behind it']);
    const resolved = await hub.post(`/v1/messages/${id}/resolve`, { as: 'resend' }, tenant.key);
    expect(resolved.status).toBeLessThan(300);
    await hub.eventually(async () => hub.sandbox.textsTo(to).length === 2);
    expect(hub.sandbox.textsTo(to)).toEqual(['Behind it', 'On my way']);
    expect((await hub.post(`/v1/messages/${id}/resolve`, { as: 'resend' }, tenant.key)).status).toBe(409);
  });
});

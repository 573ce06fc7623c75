import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DeadLetters } from '#libs/durable';

import { Calls } from '../calls.js';
import { ADMIN_KEY, newCaller, newSid, TestHub, type TestTenant } from '../hub.js';

interface Letter {
  readonly id: string;
  readonly tenantId: string | null;
  readonly kind: string;
  readonly error: string;
  readonly attempts: number;
}

describe('dead letters', () => {
  let hub: TestHub;
  let tenant: TestTenant;
  let other: TestTenant;

  beforeAll(async () => {
    hub = await TestHub.start();
    tenant = await hub.tenant({ aiEnabled: false });
    other = await hub.tenant();
    await hub.database.query(`
      create function refuse() returns trigger language plpgsql as
        $$ begin raise exception 'refused for a test'; end $$`);
  });
  afterAll(() => hub.stop());

  const letters = async (key: string): Promise<Letter[]> =>
    (await hub.get<{ data: Letter[] }>('/v1/dead-letters', key)).body.data;
  const told = (id: string, what: 'replay' | 'discard', key: string): ReturnType<TestHub['post']> =>
    hub.post(`/v1/dead-letters/${id}/${what}`, {}, key);

  const whileRefused = async (work: () => Promise<unknown>): Promise<void> => {
    await hub.database.query(
      'create trigger refused before insert on messages for each row execute function refuse()',
    );
    await work();
    await hub.database.query('drop trigger refused on messages');
  };
  const texts = (): Promise<unknown> =>
    hub.webhook('/webhooks/twilio/sms', {
      MessageSid: newSid('SM'),
      From: newCaller(),
      To: tenant.number,
      Body: 'hi',
    });

  it('whose replay fails again say why, and are there to be replayed once more', async () => {
    let letter: Letter | undefined;
    await whileRefused(async () => {
      await texts();
      [letter] = await letters(tenant.key);
      const refused = await told(letter?.id ?? '', 'replay', tenant.key);
      expect([refused.status, refused.body]).toEqual([
        422,
        expect.objectContaining({
          code: 'replay-failed',
          detail: expect.stringContaining('refused for a test'),
        }),
      ]);
    });
    expect(await letters(tenant.key)).toEqual([expect.objectContaining({ id: letter?.id, attempts: 2 })]);
    expect((await told(letter?.id ?? '', 'replay', tenant.key)).status).toBe(204);
    expect(await letters(tenant.key)).toEqual([]);
  });

  it("of a tenant are seen and replayed with its own key and the operator's, and no other", async () => {
    await whileRefused(texts);
    const [letter] = await letters(ADMIN_KEY);
    expect(letter).toMatchObject({ tenantId: tenant.id, kind: 'webhook-event' });
    expect(await letters(tenant.key)).toEqual([letter]);
    expect(await letters(other.key)).toEqual([]);
    expect((await told(letter?.id ?? '', 'replay', other.key)).status).toBe(404);
    expect((await told(letter?.id ?? '', 'discard', other.key)).status).toBe(404);
    expect((await told(letter?.id ?? '', 'replay', ADMIN_KEY)).status).toBe(204);
    expect(await letters(ADMIN_KEY)).toEqual([]);
  });

  it('of nobody are a job or an event that the operator replays or discards', async () => {
    const [from, sid] = [newCaller(), newSid('CA')];
    const leg = { CallSid: newSid('CA'), ParentCallSid: sid, CallStatus: 'ringing', From: from };
    await hub.webhook(`/webhooks/twilio/call/status/${sid}`, { ...leg, To: '+14155550901' });
    const dead = 'update graphile_worker._private_jobs set attempts = max_attempts';
    await hub.database.query(`${dead} where payload ->> 'jobId' is not null`);
    await hub.database.query(`update webhook_events set verdict = 'failed' where sid = $1`, [sid]);
    const seen = await letters(ADMIN_KEY);
    expect(seen.map(({ kind, tenantId }) => `${kind} of ${tenantId}`).toSorted()).toEqual([
      'job of null',
      'webhook-event of null',
    ]);
    expect(await letters(tenant.key)).toEqual([]);
    expect(await hub.app.get(DeadLetters).count()).toBe(2);
    const idOf = (kind: string): string => seen.find((one) => one.kind === kind)?.id ?? '';
    expect((await told(idOf('job'), 'discard', tenant.key)).status).toBe(404);
    expect((await told(idOf('job'), 'discard', ADMIN_KEY)).status).toBe(204);
    await new Calls(hub, tenant).incoming(sid, from);
    expect((await told(idOf('webhook-event'), 'replay', ADMIN_KEY)).status).toBe(204);
    await hub.eventually(async () => {
      const [row] = await hub.database.query('select evidence from calls where call_sid = $1', [sid]);
      return Object.keys((row?.['evidence'] ?? {}) as object).some((name) => name.startsWith('leg:'));
    });
    expect(await hub.app.get(DeadLetters).count()).toBe(0);
  });

  it("are not the operator's way to anything else of a tenant's", async () => {
    expect((await hub.get('/v1/calls', ADMIN_KEY)).status).toBe(403);
    expect((await hub.get('/v1/dead-letters', 'a-key-that-nobody-has')).status).toBe(401);
  });
});

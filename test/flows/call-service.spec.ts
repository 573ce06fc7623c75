import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { Events, Jobs } from '#libs/durable';
import { Db, pause } from '#libs/platform';

import { FakeCallService } from '../call-service.js';
import { newCaller, newSid, TestHub, type TestTenant } from '../hub.js';

const KEY = 'what the sibling asks for';
const BOTH = ['/calls/incoming', '/calls/missed'];
const LONG = 60_000;

interface DeliveryShown {
  readonly id: string;
  readonly kind: string;
  readonly status: string;
  readonly attempts: number;
  readonly lastError: string | null;
}

describe('AS-Call-Service', () => {
  let service: FakeCallService;
  let hub: TestHub;
  let tenant: TestTenant;

  beforeAll(async () => {
    service = await FakeCallService.start();
    hub = await TestHub.start({ AS_CALL_SERVICE_URL: service.url, AS_CALL_SERVICE_KEY: KEY });
    tenant = await hub.tenant();
  });
  afterAll(async () => {
    await hub.stop();
    await service.stop();
  });
  beforeEach(() => {
    service.manner = () => 200;
  });

  const missedCall = (caller = newCaller()): Promise<string> =>
    hub.call(caller, tenant.number, { behaviour: 'busy', afterSeconds: 1 });

  const taken = (callSid: string, withinMs = 10_000): Promise<string[]> =>
    hub.eventually(async () => service.takenOf(callSid).length === 2 && service.takenOf(callSid), withinMs);

  const publish = (type: string, callId: string, callSid: string): Promise<void> => {
    const view = { callSid, from: '+14155550101', to: tenant.number, startedAt: '2026-02-03T17:04:40.000Z' };
    const end = { endedAt: '2026-02-03T17:05:00.000Z', missedReason: 'busy', durationSeconds: null };
    const data = { ...view, ...end, phoneNumberId: tenant.phoneNumberId };
    return hub.app
      .get(Db)
      .transaction(tenant.id, (tx) => hub.app.get(Events).publish(tx, { type, subjectId: callId, data }));
  };

  const wake = (callId: string): Promise<void> =>
    hub.app
      .get(Db)
      .transaction(tenant.id, (tx) =>
        hub.app.get(Jobs).add(tx, 'integrations.call-service', { tenantId: tenant.id, callId }),
      );

  const deliveries = async (status: string): Promise<DeliveryShown[]> => {
    const path = `/v1/call-service-deliveries?status=${status}&limit=100`;
    return (await hub.get<{ data: DeliveryShown[] }>(path, tenant.key)).body.data;
  };

  it('is told of a call, and that it was missed, in the words of the contract', async () => {
    const caller = newCaller();
    const callSid = await missedCall(caller);
    expect(await taken(callSid)).toEqual(BOTH);
    const [incoming, missed] = service.taken.slice(-2);
    expect(incoming?.body).toEqual({
      CallSid: callSid,
      From: caller,
      To: tenant.number,
      CallStatus: 'ringing',
      Direction: 'inbound',
      tenantId: tenant.id,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
    expect(missed?.body).toEqual({
      callSid,
      callStatus: 'busy',
      callDuration: 0,
      endTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      tenantId: tenant.id,
    });
    for (const { serviceKey, type } of [incoming, missed].filter((heard) => heard !== undefined)) {
      expect({ serviceKey, type }).toEqual({ serviceKey: KEY, type: 'application/json' });
    }
    const ids = await hub.database.query(
      "select id from events where type in ('call.started', 'call.missed')",
    );
    expect(ids.map(({ id }) => id)).toEqual(expect.arrayContaining([incoming?.key, missed?.key]));
    expect(incoming?.key).not.toBe(missed?.key);
  });

  it.each([500, 302, 404, 'drop'] as const)(
    'is told again, in order and with the same key, after %s',
    async (manner) => {
      let refusals = 2;
      service.manner = () => (refusals-- > 0 ? manner : 200);
      const from = service.heard.length;
      const callSid = await missedCall();
      expect(await taken(callSid, 20_000)).toEqual(BOTH);
      const heard = service.heard.slice(from);
      expect(heard.map(({ path }) => path)).toEqual([
        ...Array<string>(3).fill('/calls/incoming'),
        '/calls/missed',
      ]);
      expect(new Set(heard.slice(0, 3).map(({ key }) => key)).size).toBe(1);
    },
    LONG,
  );

  it('is told of the call first, even when that is written down last', async () => {
    const [callId, callSid] = [randomUUID(), newSid('CA')];
    await publish('call.missed', callId, callSid);
    await pause(700);
    expect(service.takenOf(callSid)).toEqual([]);
    await publish('call.started', callId, callSid);
    expect(await taken(callSid)).toEqual(BOTH);
  });

  it('is told of a missed call whose beginning was never written down, 30 s later', async () => {
    const [callId, callSid] = [randomUUID(), newSid('CA')];
    await publish('call.missed', callId, callSid);
    await hub.eventually(async () => (await deliveries('pending')).length === 1);
    const alarms = await hub.database.query(
      `select extract(epoch from run_at - now())::float8 as seconds from graphile_worker._private_jobs
       where payload ->> 'callId' = $1 and run_at > now() + interval '1 second'`,
      [callId],
    );
    expect(alarms).toHaveLength(1);
    expect(alarms[0]?.['seconds']).toBeGreaterThan(27);
    await wake(callId);
    await pause(500);
    expect(service.takenOf(callSid)).toEqual([]);
    await hub.database.query(
      "update call_service_deliveries set created_at = created_at - interval '30 seconds' where call_id = $1",
      [callId],
    );
    await wake(callId);
    await hub.eventually(async () => service.takenOf(callSid).length === 1);
  });

  it('hears an event once more when the sender died, and a late word of the dead changes nothing', async () => {
    service.manner = () => 'hang';
    const [callId, callSid] = [randomUUID(), newSid('CA')];
    const from = service.heard.length;
    await publish('call.started', callId, callSid);
    await hub.eventually(async () => service.heard.length === from + 1);
    const [lease] = await hub.database.query(
      `select d.next_at, j.run_at from call_service_deliveries d join graphile_worker._private_jobs j
       on j.payload ->> 'callId' = d.call_id::text and j.run_at = d.next_at where d.call_id = $1`,
      [callId],
    );
    expect(lease).toBeDefined();
    service.manner = () => 200;
    await hub.database.query('update call_service_deliveries set next_at = now() where call_id = $1', [
      callId,
    ]);
    await wake(callId);
    await hub.eventually(async () => service.takenOf(callSid).length === 1);
    expect(new Set(service.heard.slice(from).map(({ key }) => key)).size).toBe(1);
    service.free(500);
    await pause(500);
    const rows = await hub.database.query(
      'select status, attempts from call_service_deliveries where call_id = $1',
      [callId],
    );
    expect(rows).toEqual([{ status: 'delivered', attempts: 2 }]);
  });

  it(
    'delays its own events alone when it hangs: callers are texted meanwhile, and it hears all of it later',
    async () => {
      service.manner = () => 'hang';
      service.mostOpen = 0;
      const callers = Array.from({ length: 25 }, newCaller);
      const started = performance.now();
      const sids = await Promise.all(callers.map((caller) => missedCall(caller)));
      await hub.eventually(
        async () => callers.every((caller) => hub.sandbox.textsTo(caller).length === 1),
        20_000,
      );
      const last = newCaller();
      const rang = await missedCall(last);
      const ended = performance.now();
      await hub.eventually(async () => hub.sandbox.textsTo(last).length === 1);
      expect(performance.now() - ended).toBeLessThan(1_500);
      expect(performance.now() - started).toBeLessThan(20_000);
      expect(service.mostOpen).toBeLessThanOrEqual(4);
      service.manner = () => 200;
      service.free(503);
      for (const callSid of [...sids, rang]) expect(await taken(callSid, 45_000)).toEqual(BOTH);
      expect(service.mostOpen).toBeLessThanOrEqual(4);
    },
    2 * LONG,
  );

  it(
    'is given up after three days, for everybody to see, and is told again on request',
    async () => {
      service.manner = () => 503;
      const callSid = await missedCall();
      await hub.eventually(async () => (await deliveries('pending')).length === 2);
      await hub.database.query(
        "update call_service_deliveries set give_up_at = now() where status = 'pending'",
      );
      const dead = await hub.eventually(async () => {
        const given = await deliveries('dead');
        return given.length === 2 && given;
      }, 30_000);
      expect(dead.map(({ kind }) => kind).toSorted()).toEqual(['incoming', 'missed']);
      expect(dead[0]?.lastError).toMatch(/503|open/);
      expect(await deliveries('pending')).toEqual([]);
      service.manner = () => 200;
      for (const { id } of dead.toSorted((a, b) => (a.kind < b.kind ? -1 : 1))) {
        expect((await hub.post(`/v1/call-service-deliveries/${id}/replay`, {}, tenant.key)).status).toBe(204);
      }
      expect((await taken(callSid, 30_000)).toSorted()).toEqual(BOTH);
      const again = `/v1/call-service-deliveries/${dead[0]?.id ?? ''}/replay`;
      expect((await hub.post(again, {}, tenant.key)).status).toBe(404);
      const stranger = await hub.tenant();
      expect(
        (await hub.get<{ data: unknown[] }>('/v1/call-service-deliveries', stranger.key)).body.data,
      ).toEqual([]);
    },
    2 * LONG,
  );
});

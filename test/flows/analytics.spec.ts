import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pause } from '#libs/platform';

import { newCaller, TestHub, type TestTenant } from '../hub.js';

interface OverviewShown {
  readonly since: string;
  readonly until: string;
  readonly calls: number;
  readonly answered: number;
  readonly missed: Readonly<Record<string, number>>;
  readonly textsSent: number;
  readonly textsReceived: number;
  readonly conversations: number;
  readonly byHandler: Readonly<Record<string, number>>;
  readonly medianSecondsToText: number | null;
  readonly medianSecondsToAnswer: number | null;
}

const NOTHING = {
  calls: 0,
  answered: 0,
  missed: {
    total: 0,
    'no-answer': 0,
    busy: 0,
    failed: 0,
    abandoned: 0,
    voicemail: 0,
    declined: 0,
    'after-hours': 0,
  },
  textsSent: 0,
  textsReceived: 0,
  conversations: 0,
  byHandler: { unassigned: 0, human: 0, ai: 0 },
  medianSecondsToText: null,
  medianSecondsToAnswer: null,
};

describe('the overview', () => {
  let hub: TestHub;

  beforeAll(async () => {
    hub = await TestHub.start();
  });
  afterAll(() => hub.stop());

  const overviewOf = async ({ key }: TestTenant, query = ''): Promise<OverviewShown> =>
    (await hub.get<OverviewShown>(`/v1/analytics/overview${query}`, key)).body;

  const conversationOf = (customer: string, tenant: TestTenant): Promise<{ id: string }> =>
    hub.eventually(async () => {
      const path = `/v1/conversations?customer=${encodeURIComponent(customer)}`;
      return (await hub.get<{ data: { id: string }[] }>(path, tenant.key)).body.data[0];
    });

  it('is empty for a tenant to whom nothing happened, over the last 30 days', async () => {
    const shown = await overviewOf(await hub.tenant());
    expect(shown).toEqual({ since: shown.since, until: shown.until, ...NOTHING });
    expect(Date.parse(shown.until) - Date.parse(shown.since)).toBe(30 * 86_400_000);
    expect(Math.abs(Date.now() - Date.parse(shown.until))).toBeLessThan(10_000);
  });

  it('counts calls, texts, conversations and waits as they happen', async () => {
    const tenant = await hub.tenant({ aiTakeoverSeconds: 600 });
    const missed = newCaller();
    await hub.call(newCaller(), tenant.number, { behaviour: 'answer', afterSeconds: 1 });
    await hub.call(newCaller(), tenant.number, { behaviour: 'busy', afterSeconds: 1 });
    await hub.call(missed, tenant.number, { behaviour: 'no-answer', afterSeconds: 5 });
    await hub.eventually(async () => hub.sandbox.textsTo(missed).length === 1);
    await hub.text(missed, tenant.number, 'Are you there?');
    await hub.text(missed, tenant.number, 'Hello?');
    await pause(300);
    const { id } = await conversationOf(missed, tenant);
    expect(
      (await hub.post(`/v1/conversations/${id}/messages`, { body: 'On my way' }, tenant.key)).status,
    ).toBe(201);
    const shown = await hub.eventually(async () => {
      const now = await overviewOf(tenant);
      return now.textsSent === 3 && now.textsReceived === 2 && now.byHandler['human'] === 1 && now;
    });
    expect(shown).toMatchObject({
      calls: 3,
      answered: 1,
      missed: { total: 2, busy: 1, 'no-answer': 1, failed: 0 },
      conversations: 2,
      byHandler: { unassigned: 1, human: 1, ai: 0 },
    });
    expect(shown.medianSecondsToText).toBeGreaterThan(0);
    expect(shown.medianSecondsToText).toBeLessThan(5);
    expect(shown.medianSecondsToAnswer).toBeGreaterThanOrEqual(0.3);
    expect(shown.medianSecondsToAnswer).toBeLessThan(10);
  });

  it('takes the middle of the waits, of the period and the number asked for', async () => {
    const tenant = await hub.tenant();
    const fact = (id: number): string => `01890000-0000-7000-8000-${String(id).padStart(12, '0')}`;
    const other = fact(900);
    const call = (id: number, seconds: number, phone = tenant.phoneNumberId): Promise<unknown> =>
      hub.database.query(
        `with m as (insert into message_facts values ($1, $3, $4, $5, 'outbound', 'system', $6::timestamptz,
           $6::timestamptz + make_interval(secs => $7)))
         insert into call_facts values ($1, $2, $4, $6, $6, 1, 'missed', 'busy', $3)`,
        [tenant.id, fact(id), fact(100 + id), phone, fact(500), '2026-02-01T00:00:00Z', seconds],
      );
    const text = (id: number, contact: number, author: string, at: string, sent = true): Promise<unknown> =>
      hub.database.query(`insert into message_facts values ($1, $2, $3, $4, $5, $6, $7, $8)`, [
        tenant.id,
        fact(200 + id),
        tenant.phoneNumberId,
        fact(500 + contact),
        author === 'customer' ? 'inbound' : 'outbound',
        author,
        at,
        author === 'customer' || !sent ? null : at,
      ]);
    await call(1, 1);
    await call(2, 3);
    await call(3, 4);
    await call(4, 10);
    await call(5, 100, other);
    await text(1, 1, 'human', '2026-02-02T09:00:00Z');
    await text(2, 1, 'customer', '2026-02-02T10:00:00Z');
    await text(3, 1, 'customer', '2026-02-02T10:00:05Z');
    await text(4, 1, 'system', '2026-02-02T10:00:06Z');
    await text(5, 1, 'human', '2026-02-02T10:00:08Z', false);
    await text(6, 1, 'ai', '2026-02-02T10:00:20Z');
    await text(7, 1, 'human', '2026-02-02T10:00:30Z');
    await text(8, 2, 'customer', '2026-02-02T11:00:00Z');
    await text(9, 3, 'customer', '2026-02-02T12:00:00Z');
    await text(10, 3, 'human', '2026-02-02T12:00:10Z');
    const february = '?since=2026-02-01T00:00:00Z&until=2026-03-01T00:00:00Z';
    const all = await overviewOf(tenant, february);
    expect(all).toMatchObject({ since: '2026-02-01T00:00:00.000Z', until: '2026-03-01T00:00:00.000Z' });
    expect(all).toMatchObject({
      calls: 5,
      medianSecondsToText: 4,
      medianSecondsToAnswer: 15,
      textsReceived: 4,
    });
    const own = await overviewOf(tenant, `${february}&phoneNumberId=${tenant.phoneNumberId}`);
    expect(own).toMatchObject({ calls: 4, medianSecondsToText: 3.5, medianSecondsToAnswer: 15 });
    const before = await overviewOf(tenant, '?since=2026-01-01T00:00:00Z&until=2026-02-01T00:00:00Z');
    expect(before).toMatchObject(NOTHING);
    const elsewhere = await overviewOf(
      await hub.tenant(),
      `${february}&phoneNumberId=${tenant.phoneNumberId}`,
    );
    expect(elsewhere).toMatchObject(NOTHING);
  });

  it('comes as CSV to whom asks for it', async () => {
    const tenant = await hub.tenant();
    const query = 'since=2026-02-01T00:00:00Z&until=2026-03-01T00:00:00%2B02:00';
    const response = await fetch(`${hub.url}/v1/analytics/overview?${query}`, {
      headers: { authorization: `Bearer ${tenant.key}`, accept: 'text/csv' },
    });
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const lines = (await response.text()).split('\r\n');
    expect(lines.slice(0, 6)).toEqual([
      'metric,value',
      'since,2026-02-01T00:00:00.000Z',
      'until,2026-02-28T22:00:00.000Z',
      'calls,0',
      'answered,0',
      'missed.total,0',
    ]);
    expect(lines).toContain('missed.after-hours,0');
    expect(lines).toContain('byHandler.human,0');
    expect(lines.slice(-2)).toEqual(['medianSecondsToAnswer,', '']);
  });

  it.each([
    'since=2026-03-01T00:00:00Z&until=2026-02-01T00:00:00Z',
    'since=2999-01-01T00:00:00Z',
    'since=yesterday',
    'since=2026-02-30T00:00:00Z',
    'until=2026-W99',
    'since=2026-01-01T00:00:00Z&since=2026-01-02T00:00:00Z',
    'phoneNumberId=1',
    'bucket=day',
  ])('refuses %s', async (query) => {
    const tenant = await hub.tenant();
    const answer = await hub.get(`/v1/analytics/overview?${query}`, tenant.key);
    expect(answer).toMatchObject({ status: 400, body: { status: 400 } });
  });

  it('is for the holders of a key', async () => {
    expect((await hub.get('/v1/analytics/overview', 'nmc_wrong')).status).toBe(401);
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { newCaller, TestHub, type TestTenant } from '../hub.js';

interface CallShown {
  readonly id: string;
  readonly callSid: string;
  readonly status: string;
  readonly outcome: string | null;
  readonly missedReason: string | null;
  readonly conversationId: string | null;
  readonly textBack: {
    readonly sent: boolean;
    readonly reason: string | null;
    readonly messageId: string | null;
  };
}

describe('a missed call', () => {
  let hub: TestHub;
  let tenant: TestTenant;

  beforeAll(async () => {
    hub = await TestHub.start();
    tenant = await hub.tenant();
  });
  afterAll(() => hub.stop());

  const ended = (from: string, of = tenant): Promise<CallShown> =>
    hub.eventually(async () => {
      const { body } = await hub.get<{ data: CallShown[] }>(
        `/v1/calls?from=${encodeURIComponent(from)}`,
        of.key,
      );
      return body.data.find(
        ({ outcome, textBack }) =>
          outcome === 'answered' || outcome === 'rejected' || textBack.sent || textBack.reason !== null,
      );
    }, 15_000);

  it.each([
    ['no-answer', 'no-answer'],
    ['busy', 'busy'],
    ['failed', 'failed'],
    ['decline', 'busy'],
  ])('texts the caller when the phone is %s', async (behaviour, missedReason) => {
    const from = newCaller();
    await hub.call(from, tenant.number, { behaviour });
    expect(await ended(from)).toMatchObject({
      status: 'ended',
      outcome: 'missed',
      missedReason,
      textBack: { sent: true, reason: null },
    });
    await hub.eventually(async () => hub.sandbox.textsTo(from).length === 1);
    expect(hub.sandbox.textsTo(from)[0]).toContain('Harbor Pipe Co');
  });

  it('does not text a caller who was answered', async () => {
    const from = newCaller();
    await hub.call(from, tenant.number, { behaviour: 'answer', afterSeconds: 2 });
    expect(await ended(from)).toMatchObject({ outcome: 'answered', missedReason: null });
    expect(hub.sandbox.textsTo(from)).toEqual([]);
  });

  it('shows every check that led to the text', async () => {
    const from = newCaller();
    await hub.call(from, tenant.number, { behaviour: 'no-answer' });
    const { id } = await ended(from);
    const { body } = await hub.get<{ data: { rule: string; name: string; verdict: string }[] }>(
      `/v1/calls/${id}/decisions`,
      tenant.key,
    );
    const names = body.data
      .filter(({ rule }) => rule === 'text-back')
      .map(({ name, verdict }) => `${name}: ${verdict}`);
    expect(names).toEqual(
      expect.arrayContaining([
        'text-back-enabled: pass',
        'not-cooling-down: pass',
        'not-opted-out: pass',
        'prefix-cap: pass',
      ]),
    );
  });
});

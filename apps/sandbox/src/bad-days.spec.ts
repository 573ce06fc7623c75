import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CUSTOMER, Rig, type Answer } from './testing/rig.js';

let rig: Rig;

beforeEach(async () => {
  rig = await Rig.start({ deliveryStepMs: 1 });
});

afterEach(async () => {
  expect(await rig.stop()).toEqual([]);
});

const fault = async (given: Record<string, unknown>): Promise<void> => {
  expect(await rig.control('POST', '/faults', { on: 'messages.create', ...given })).toMatchObject({
    status: 201,
  });
};
const send = (): Promise<Answer | 'cut'> => rig.text().catch(() => 'cut' as const);
const statusOf = async (): Promise<number> => {
  const answer = await send();
  return answer === 'cut' ? 0 : answer.status;
};
const bodies = async (): Promise<unknown[]> => {
  const { body } = await rig.rest(`/Messages.json?To=${encodeURIComponent(CUSTOMER)}`);
  return (body['messages'] as { body: string }[]).map((message) => message.body);
};
const accepted = (): number => rig.sandbox.ledger.entries().filter(({ kind }) => kind === 'message').length;
const since = (at: number): number => Date.now() - at;

describe('a share of requests', () => {
  const strikes = async (seed: number): Promise<readonly number[]> => {
    await fault({ answer: 500, share: 0.2, seed });
    const statuses: number[] = [];
    for (let nth = 0; nth < 100; nth += 1) statuses.push(await statusOf());
    await rig.control('DELETE', '/faults');
    return statuses;
  };

  it('meets the fault, the same ones for the same seed, until the faults are cleared', async () => {
    const first = await strikes(7);
    const struck = first.filter((status) => status === 500).length;
    expect([struck > 8, struck < 35]).toEqual([true, true]);
    expect(await strikes(7)).toEqual(first);
    expect(await strikes(8)).not.toEqual(first);
    expect(await statusOf()).toBe(201);
  });

  it('of all is every one, and of none is none', async () => {
    await fault({ answer: 500, share: 0 });
    expect(await statusOf()).toBe(201);
    await fault({ answer: 'reset', share: 1 });
    expect([await statusOf(), await statusOf()]).toEqual([0, 0]);
    const { body } = await rig.control('GET', '/faults');
    expect(body['faults']).toMatchObject([{ share: 0 }, { share: 1 }]);
  });
});

describe('a message that is accepted later', () => {
  it.each([
    ['a reset', {}, 0],
    ['a 500', { error: 500 }, 500],
  ])('fails by %s, and is there after its time', async (_, how, status) => {
    await fault({ answer: 'accept-later', afterMs: 80, ...how });
    const at = Date.now();
    expect(await statusOf()).toBe(status);
    expect([accepted(), await bodies()]).toEqual([0, []]);
    await rig.until(() => accepted() === 1);
    expect(since(at)).toBeGreaterThanOrEqual(79);
    await rig.until(() => rig.sandbox.textsTo(CUSTOMER).length === 1);
    expect(await statusOf()).toBe(201);
  });

  it('comes within the spread that was given', async () => {
    await fault({ answer: 'accept-later', afterMs: 0, spreadMs: 100, share: 1, seed: 1 });
    for (let nth = 0; nth < 10; nth += 1) expect(await statusOf()).toBe(0);
    expect(accepted()).toBeLessThan(10);
    await rig.until(() => accepted() === 10);
  });
});

describe('a slow Twilio', () => {
  it('does at once what it answers later', async () => {
    await fault({ delayMs: 100 });
    const at = Date.now();
    const answer = send();
    await rig.until(() => accepted() === 1);
    expect(since(at)).toBeLessThan(100);
    expect(await answer).toMatchObject({ status: 201 });
    expect(since(at)).toBeGreaterThanOrEqual(99);
  });

  it('may also fail slowly', async () => {
    await fault({ answer: 503, delayMs: 60 });
    const at = Date.now();
    expect(await statusOf()).toBe(503);
    expect(since(at)).toBeGreaterThanOrEqual(59);
  });
});

describe('the list of messages', () => {
  it('shows a message only after its lag', async () => {
    await rig.control('PUT', '/listing', { listLagMs: 120 });
    await rig.text();
    expect(await bodies()).toEqual([]);
    await new Promise((next) => setTimeout(next, 130));
    expect(await bodies()).toEqual(['Sorry we missed you']);
  });

  it('is without bodies where they are redacted, and as it was once that is over', async () => {
    const { body: made } = await rig.text();
    expect(await rig.control('PUT', '/listing', { redacted: true })).toMatchObject({
      body: { redacted: true, listLagMs: 0 },
    });
    expect(await bodies()).toEqual(['']);
    expect(await rig.rest(`/Messages/${String(made['sid'])}.json`)).toMatchObject({ body: { body: '' } });
    await rig.control('DELETE', '/listing');
    expect(await bodies()).toEqual(['Sorry we missed you']);
  });
});

describe('the words of a text that was sent', () => {
  it('are listed behind those of a trial account', async () => {
    await rig.control('PUT', '/listing', { trial: true });
    await rig.text();
    expect(await bodies()).toEqual(['Sent from your Twilio trial account - Sorry we missed you']);
  });

  it('are listed as Smart Encoding made them', async () => {
    await rig.control('PUT', '/listing', { smartEncoded: true });
    await rig.text({ Body: 'We’re “open” – soon…' });
    expect(await bodies()).toEqual([`We're "open" - soon...`]);
  });
});

describe('callbacks', () => {
  const states = (): readonly (string | undefined)[] =>
    rig.hub.at('/status').map(({ params }) => params['MessageStatus']);

  it('may never come', async () => {
    await fault({ on: 'messages.callback', answer: 'drop', times: 2 });
    await rig.text({ StatusCallback: `${rig.hub.url}/status` });
    await rig.until(() => states().length === 1);
    expect(states()).toEqual(['delivered']);
  });

  it('may be overtaken', async () => {
    await fault({ on: 'messages.callback', delayMs: 60 });
    await rig.text({ StatusCallback: `${rig.hub.url}/status` });
    await rig.until(() => states().length === 3);
    expect(new Set(states())).toEqual(new Set(['queued', 'sent', 'delivered']));
    expect(states().indexOf('queued')).toBeGreaterThan(states().indexOf('sent'));
  });
});

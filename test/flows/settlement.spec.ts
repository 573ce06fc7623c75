import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { newCaller, TestHub, type TestTenant } from '../hub.js';
import { Sends } from '../sends.js';

const RESET = { on: 'messages.create', answer: 'reset' };

describe('a text whose answer from Twilio was lost', () => {
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

  /** A text-back whose request was reset before Twilio took it. */
  const lostTextBack = async (from: string): Promise<string> => {
    await sends.fault(RESET);
    const id = await sends.miss(from);
    await sends.comesTo(id, 'unknown');
    return id;
  };

  it('is sent again, when it answers a call, once two lists lacked it', async () => {
    const from = newCaller();
    const id = await lostTextBack(from);
    expect(hub.sandbox.textsTo(from)).toEqual([]);
    await sends.fault({ on: 'messages.list', answer: 503 });
    for (let nth = 1; nth <= 3; nth += 1) await sends.look(id);
    await sends.becomes(id, 'delivered');
    expect(hub.sandbox.textsTo(from)).toHaveLength(1);
    expect(await sends.outcomesOf(id)).toEqual(['absent', 'accepted']);
  });

  it('is not sent again on alarms that come early or twice', async () => {
    const id = await lostTextBack(newCaller());
    await sends.look(id);
    const [attempt] = await hub.database.query('select id from message_attempts where message_id = $1', [id]);
    for (let nth = 0; nth < 3; nth += 1) await sends.ring(String(attempt?.['id']));
    await hub.eventually(
      async () =>
        (
          await hub.database.query(
            `select 1 from graphile_worker.jobs where task_identifier = 'sms.settle' and run_at <= now()`,
          )
        ).length === 0,
    );
    expect(await sends.outcomesOf(id)).toEqual(['unknown']);
  });

  it('is dropped, when it answers a call that is ten minutes old', async () => {
    const from = newCaller();
    const id = await lostTextBack(from);
    await hub.database.query(
      `update messages set created_at = created_at - interval '8 minutes' where id = $1`,
      [id],
    );
    for (let nth = 1; nth <= 2; nth += 1) await sends.look(id);
    await sends.becomes(id, 'failed');
    expect(await sends.shown(id)).toMatchObject({ status: 'failed', errorCode: 'too-late' });
    expect(hub.sandbox.textsTo(from)).toEqual([]);
  });

  it('is held after three attempts that nobody saw arrive', async () => {
    const from = newCaller();
    const id = await lostTextBack(from);
    await sends.fault({ ...RESET, times: 2 });
    await sends.proveAbsent(id, 3);
    await sends.becomes(id, 'held');
    expect(await sends.outcomesOf(id)).toEqual(['absent', 'absent', 'absent']);
    expect(hub.sandbox.textsTo(from)).toEqual([]);
  });

  it("is found in Twilio's list when no callback tells of it, and never sent twice", async () => {
    const to = newCaller();
    const id = await sends.write(to);
    await sends.becomes(id, 'delivered');
    await sends.forget(id);
    await sends.look(id);
    await sends.becomes(id, 'accepted');
    expect(await sends.outcomesOf(id)).toEqual(['accepted']);
    expect(hub.sandbox.textsTo(to)).toEqual(['On my way']);
  });

  it('is held for a person when the list cannot be had for ten minutes, and goes out at their word', async () => {
    const to = newCaller();
    await sends.fault(RESET);
    const id = await sends.write(to);
    await sends.comesTo(id, 'unknown');
    await sends.write(to, 'Behind it');
    await sends.fault({ on: 'messages.list', answer: 503, times: 50 });
    let looks = 0;
    for (; (await sends.shown(id))['status'] === 'sending'; looks += 1) await sends.look(id);
    expect(looks).toBeGreaterThan(3);
    const age = `select extract(epoch from clock_timestamp() - opened_at) as age from message_attempts where message_id = $1`;
    const [opened] = await hub.database.query(age, [id]);
    expect(Number(opened?.['age'])).toBeLessThan(600);
    await sends.becomes(id, 'held');
    await hub.eventually(async () => hub.sandbox.textsTo(to).length === 1);
    expect(hub.sandbox.textsTo(to)).toEqual(['Behind it']);
    const resolved = await hub.post(`/v1/messages/${id}/resolve`, { as: 'resend' }, tenant.key);
    expect(resolved.status).toBeLessThan(300);
    await hub.eventually(async () => hub.sandbox.textsTo(to).length === 2);
    expect(hub.sandbox.textsTo(to)).toEqual(['Behind it', 'On my way']);
    expect((await hub.post(`/v1/messages/${id}/resolve`, { as: 'resend' }, tenant.key)).status).toBe(409);
  });

  it("is a person's to decide when a person wrote it, is listed until then, and can be given up", async () => {
    const to = newCaller();
    const ids: string[] = [];
    for (const body of ['One', 'Two']) {
      await sends.fault(RESET);
      const id = await sends.write(to, body);
      await sends.comesTo(id, 'unknown');
      for (let nth = 1; nth <= 2; nth += 1) await sends.look(id);
      await sends.becomes(id, 'held');
      ids.push(id);
    }
    const list = async (query: string) =>
      (
        await hub.get<{ data: { id: string }[]; nextCursor: string | null }>(
          `/v1/messages?${query}`,
          tenant.key,
        )
      ).body;
    const first = await list('status=held&limit=1');
    const second = await list(`status=held&limit=1&cursor=${first.nextCursor ?? ''}`);
    expect([...first.data, ...second.data].map(({ id }) => id)).toEqual(ids.toReversed());
    expect((await hub.get('/v1/messages', tenant.key)).status).toBe(400);
    const other = await hub.tenant();
    expect((await hub.get('/v1/messages?status=held', other.key)).body).toEqual({
      data: [],
      nextCursor: null,
    });
    for (const id of ids) await hub.post(`/v1/messages/${id}/resolve`, { as: 'discard' }, tenant.key);
    expect((await list('status=held')).data.map(({ id }) => id)).not.toEqual(expect.arrayContaining(ids));
    expect(await sends.shown(ids[0] ?? '')).toMatchObject({ status: 'failed', errorCode: 'discarded' });
    expect(hub.sandbox.textsTo(to)).toEqual([]);
  });

  it('is held for a person when Twilio lists more of it than was sent', async () => {
    const to = newCaller();
    await sends.fault(RESET);
    const id = await sends.write(to, 'Twice');
    await sends.comesTo(id, 'unknown');
    for (let nth = 0; nth < 2; nth += 1) await sends.createElsewhere(to, 'Twice');
    await sends.look(id);
    expect(await sends.shown(id)).toMatchObject({ status: 'sending' });
    while ((await sends.shown(id))['status'] === 'sending') await sends.look(id);
    expect(await sends.shown(id)).toMatchObject({ status: 'held', messageSid: null });
    expect(hub.sandbox.textsTo(to)).toEqual(['Twice', 'Twice']);
  });

  it('is held, not sent again, when Twilio keeps no bodies and something went to that customer', async () => {
    const from = newCaller();
    await sends.fault({ on: 'messages.callback', answer: 'drop', share: 1 });
    await sends.fault({ on: 'messages.create', answer: 'accept-then-reset' });
    await sends.redact(true);
    const id = await sends.miss(from);
    await sends.comesTo(id, 'unknown');
    while ((await sends.shown(id))['status'] === 'sending') await sends.look(id);
    await sends.redact(false);
    expect(await sends.shown(id)).toMatchObject({ status: 'held' });
    expect(hub.sandbox.textsTo(from)).toHaveLength(1);
  });

  it('is bound by its callback although it was believed absent, and is not sent again', async () => {
    const to = newCaller();
    await sends.fault({ on: 'messages.callback', answer: 'drop', share: 1 });
    await sends.fault({ on: 'messages.create', answer: 'accept-later', afterMs: 1_500 });
    const id = await sends.write(to);
    await sends.comesTo(id, 'unknown');
    for (let nth = 1; nth <= 2; nth += 1) await sends.look(id);
    await sends.becomes(id, 'held');
    await sends.mend();
    await hub.eventually(async () => hub.sandbox.textsTo(to).length === 1);
    await sends.becomes(id, 'delivered');
    expect(await sends.outcomesOf(id)).toEqual(['accepted']);
  });

  /** All texts to a customer have left: none is there to meet the fault of the next test. */
  const hears = (from: string, texts: number): Promise<boolean> =>
    hub.eventually(async () => hub.sandbox.textsTo(from).length === texts);

  /** The AI's answer to what a customer wrote an hour ago, which was reset before Twilio took it. */
  const lostAnswer = async (from: string, talkative: TestTenant): Promise<string> => {
    await sends.fault(RESET);
    await hub.text(from, talkative.number, 'My sink leaks');
    const answer = await hub.eventually(async () => {
      const [row] = await hub.database.query(
        `select m.id from messages m join contacts c on c.id = m.contact_id where c.number = $1 and m.author = 'ai'`,
        [from],
      );
      return row?.['id'] as string | undefined;
    });
    await new Sends(hub, talkative).comesTo(answer, 'unknown');
    await hub.database.query(
      `update messages set created_at = created_at - interval '1 hour'
       where direction = 'inbound' and conversation_id = (select conversation_id from messages where id = $1)`,
      [answer],
    );
    return answer;
  };

  it("is dropped, when it is the AI's answer and the customer has written again", async () => {
    const from = newCaller();
    const talkative = await hub.tenant({ aiTakeoverSeconds: 1 });
    const theirs = new Sends(hub, talkative);
    const answer = await lostAnswer(from, talkative);
    await hub.text(from, talkative.number, 'Hello?');
    for (let nth = 1; nth <= 2; nth += 1) await theirs.look(answer);
    await theirs.becomes(answer, 'failed');
    expect(await theirs.shown(answer)).toMatchObject({ errorCode: 'stale', messageSid: null });
    await hears(from, 1);
  });

  it.each([
    ['HELP', 2],
    ['START', 1],
  ])("is sent again, when it is the AI's answer and the customer has only texted %s", async (word, texts) => {
    const from = newCaller();
    const talkative = await hub.tenant({ aiTakeoverSeconds: 1 });
    const theirs = new Sends(hub, talkative);
    const answer = await lostAnswer(from, talkative);
    await hub.text(from, talkative.number, word);
    for (let nth = 1; nth <= 2; nth += 1) await theirs.look(answer);
    await theirs.becomes(answer, 'delivered');
    expect(await theirs.outcomesOf(answer)).toEqual(['absent', 'accepted']);
    await hears(from, texts);
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { pause } from '#libs/platform';

import { newCaller, TestHub, type TestTenant } from '../hub.js';
import { Sends } from '../sends.js';

type Heard = '201' | 'queued' | 'sent' | 'last' | 'look';

/** How long Twilio's answer takes: what is to be heard before it is told in the meantime. */
const ANSWER_MS = 600;
const SETTLED_MS = 100;
const AT_ONCE = 16;

/** A text that Twilio took, and of which the hub knows an attempt and no more. */
interface Taken {
  readonly id: string;
  readonly attemptId: string;
  readonly sid: string;
  readonly callback: string;
  readonly takenAt: number;
}

const orders = <T>(items: readonly T[]): readonly (readonly T[])[] =>
  items.length === 0
    ? [[]]
    : items.flatMap((one, index) => orders(items.toSpliced(index, 1)).map((rest) => [one, ...rest]));

describe('whatever order the end of one attempt is heard in', () => {
  let hub: TestHub;
  let tenant: TestTenant;
  let sends: Sends;

  beforeAll(async () => {
    hub = await TestHub.start();
    tenant = await hub.tenant({ aiEnabled: false, dailyMessageCap: null });
    sends = new Sends(hub, tenant);
  });
  afterEach(() => sends.mend());
  afterAll(() => hub.stop());

  /** Writes a text, and waits until Twilio has it; its callbacks are told by the test alone. */
  const taken = async (): Promise<Taken> => {
    const to = newCaller();
    const id = await sends.write(to);
    const request = await hub.eventually(async () =>
      hub.sandbox.ledger.entries().findLast((entry) => entry.kind === 'rest' && entry.params['To'] === to),
    );
    const [attempt] = await hub.database.query('select id from message_attempts where message_id = $1', [id]);
    if (request.kind !== 'rest') throw new Error('The sandbox saw no request.');
    return {
      id,
      attemptId: String(attempt?.['id']),
      sid: String(request.sid),
      callback: String(request.params['StatusCallback']),
      takenAt: Date.parse(request.receivedAt),
    };
  };

  const callBack = async ({ sid, callback }: Taken, word: string): Promise<void> => {
    const code: Record<string, string> = word === 'failed' ? { ErrorCode: '30003' } : {};
    const { pathname, search } = new URL(callback);
    const told = { MessageSid: sid, MessageStatus: word, ...code };
    expect((await hub.webhook(pathname + search, told)).status).toBe(200);
  };

  /** A look is due at once; again, when the end of the request has put it off since. */
  const look = async ({ id, attemptId }: Taken): Promise<void> => {
    const due = `update message_attempts set look_at = opened_at where id = $1 and look_at > opened_at returning 1`;
    const settled = `select 1 from messages where id = $1 and message_sid is not null`;
    await hub.eventually(async () => {
      if ((await hub.database.query(due, [attemptId])).length > 0) await sends.ring(attemptId);
      return (await hub.database.query(settled, [id])).length === 1;
    });
  };

  const play = async (order: readonly Heard[], last: string): Promise<void> => {
    const text = await taken();
    for (const heard of order) {
      if (heard === '201') await pause(text.takenAt + ANSWER_MS + SETTLED_MS - Date.now());
      else if (heard === 'look') await look(text);
      else await callBack(text, heard === 'last' ? last : heard);
    }
    const endOf = `
      select m.status, m.message_sid, m.error_code, a.outcome, a.message_sid as attempt_sid,
        (select count(*)::int from twilio_sids where subject_id = m.id) as sids,
        (select count(*)::int from events where subject_id = m.id and type = 'message.sent') as told
       from messages m join message_attempts a on a.message_id = m.id where m.id = $1`;
    // on a slow machine the disk took the last callback, and it is brought in a moment
    await hub.eventually(async () => (await hub.database.query(endOf, [text.id]))[0]?.['status'] === last);
    const [end] = await hub.database.query(endOf, [text.id]);
    const code = last === 'failed' ? '30003' : null;
    const bound = { outcome: 'accepted', attempt_sid: text.sid, sids: 1, told: 1 };
    expect({ order, end }).toEqual({
      order,
      end: { status: last, message_sid: text.sid, error_code: code, ...bound },
    });
  };

  const playAll = async (all: readonly (readonly Heard[])[], last: string): Promise<void> => {
    await sends.fault({ on: 'messages.callback', answer: 'drop', share: 1 });
    for (let from = 0; from < all.length; from += AT_ONCE)
      await Promise.all(all.slice(from, from + AT_ONCE).map((order) => play(order, last)));
  };

  it.each(['delivered', 'failed'])(
    'ends %s with one SID',
    async (last) => {
      await sends.fault({ on: 'messages.create', delayMs: ANSWER_MS, share: 1 });
      await playAll(orders<Heard>(['201', 'queued', 'sent', 'last', 'look']), last);
    },
    120_000,
  );

  it.each(['delivered', 'failed'])(
    'ends %s with one SID, too, when the answer is lost',
    async (last) => {
      await sends.fault({ on: 'messages.create', answer: 'accept-then-reset', share: 1 });
      await playAll(orders<Heard>(['queued', 'sent', 'last', 'look']), last);
    },
    120_000,
  );
});

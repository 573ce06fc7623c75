import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { Db } from '#libs/platform';

import { loadSend } from '../../libs/sms/src/sending/send-row.js';
import { Sends as Steps } from '../../libs/sms/src/sending/sends.js';
import { newCaller, TestHub, type TestTenant } from '../hub.js';
import { Sends } from '../sends.js';

type Heard = '201' | 'queued' | 'sent' | 'last' | 'look';

/** A text that Twilio took, and that the hub knows only as an attempt that is open. */
interface Open {
  readonly id: string;
  readonly attemptId: string;
  readonly sid: string;
  readonly callback: string;
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
    await sends.fault({ on: 'messages.callback', answer: 'drop', share: 1 });
  });
  afterAll(() => hub.stop());

  const opened = async (): Promise<Open> => {
    const to = newCaller();
    const id = await sends.write(to);
    await sends.becomes(id, 'accepted');
    const rest = hub.sandbox.ledger
      .entries()
      .findLast((entry) => entry.kind === 'rest' && entry.params['To'] === to);
    if (rest?.kind !== 'rest') throw new Error('The sandbox saw no request.');
    await sends.forget(id);
    await hub.database.query(
      `update message_attempts set look_at = clock_timestamp() where message_id = $1`,
      [id],
    );
    const [attempt] = await hub.database.query('select id from message_attempts where message_id = $1', [id]);
    const callback = String(rest.params['StatusCallback']);
    return { id, attemptId: String(attempt?.['id']), sid: String(rest.sid), callback };
  };

  /** What the process that sent it writes down when the 201 comes. */
  const answer = ({ id, attemptId, sid }: Open): Promise<unknown> =>
    hub.app.get(Db).transaction(tenant.id, async (tx) => {
      const loaded = await loadSend(tx, id);
      if (loaded === undefined) throw new Error('The message is gone.');
      const said = { kind: 'accepted', sid } as const;
      const event = { kind: 'answered', at: loaded.now, attemptId, answer: said, jitter: 0 } as const;
      return hub.app.get(Steps).apply(tx, loaded, event);
    });

  const callBack = async ({ sid, callback }: Open, word: string): Promise<void> => {
    const code: Record<string, string> = word === 'failed' ? { ErrorCode: '30003' } : {};
    const params = { MessageSid: sid, MessageStatus: word, ...code };
    const { pathname, search } = new URL(callback);
    expect((await hub.webhook(pathname + search, params)).status).toBe(200);
  };

  const look = async ({ id, attemptId }: Open): Promise<void> => {
    await sends.ring(attemptId);
    const settled = `select 1 from messages where id = $1 and message_sid is not null`;
    await hub.eventually(async () => (await hub.database.query(settled, [id])).length === 1);
  };

  const play = async (order: readonly Heard[], last: string): Promise<void> => {
    const open = await opened();
    for (const heard of order) {
      if (heard === '201') await answer(open);
      else if (heard === 'look') await look(open);
      else await callBack(open, heard === 'last' ? last : heard);
    }
    const [end] = await hub.database.query(
      `select m.status, m.message_sid, m.error_code, a.outcome, a.message_sid as attempt_sid,
        (select count(*)::int from twilio_sids where subject_id = m.id) as sids,
        (select count(*)::int from events where subject_id = m.id and type = 'message.sent'
          and created_at > a.opened_at and data ->> 'messageSid' = m.message_sid) as told
       from messages m join message_attempts a on a.message_id = m.id where m.id = $1`,
      [open.id],
    );
    expect({ order, end }).toEqual({
      order,
      end: {
        status: last,
        message_sid: open.sid,
        error_code: last === 'failed' ? '30003' : null,
        outcome: 'accepted',
        attempt_sid: open.sid,
        sids: 1,
        told: 2, // once before it was forgotten, and once after
      },
    });
  };

  it.each(['delivered', 'failed'])(
    'ends %s with one SID, the process that sent it dead or alive',
    async (last) => {
      const alive = orders<Heard>(['201', 'queued', 'sent', 'last', 'look']);
      const dead = orders<Heard>(['queued', 'sent', 'last', 'look']);
      for (const order of [...alive, ...dead]) await play(order, last);
    },
    120_000,
  );
});

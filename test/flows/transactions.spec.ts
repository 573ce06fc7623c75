import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { Db, Log, pause, type Tx } from '#libs/platform';

import { Calls } from '../calls.js';
import { newCaller, newSid, TestHub, type TestTenant } from '../hub.js';

describe('a statement that nobody waits for', () => {
  let hub: TestHub;
  let db: Db;
  let tenant: TestTenant;

  beforeAll(async () => {
    hub = await TestHub.start();
    db = hub.app.get(Db);
    tenant = await hub.tenant();
  });
  afterAll(() => hub.stop());

  const failureOf = (work: (tx: Tx) => Promise<unknown> | void): Promise<string> =>
    db.transaction(tenant.id, work).then(() => 'no failure', String);

  it('fails the transaction with its own error, whoever hears of it first', async () => {
    const divided = 'error: division by zero';
    expect(await failureOf((tx) => tx.send('select 1 / 0'))).toBe(divided);
    expect(
      await failureOf(async (tx) => {
        tx.send('select 1 / 0');
        await tx.now();
      }),
    ).toBe(divided);
    expect(
      await failureOf((tx) => {
        tx.send('select 1');
        tx.send('select 1 / 0');
        tx.send('select 2');
      }),
    ).toBe(divided);
  });

  it('that has the last word before the commit belongs to the transaction', async () => {
    const said = "insert into webhook_keys (key, answer) values ($1, '')";
    const last = (key: string, work: () => void): Promise<string> =>
      failureOf((tx) => {
        tx.beforeCommit(() => tx.send(said, [key]));
        work();
      });
    expect(await last('kept', () => undefined)).toBe('no failure');
    const failing = (): void => {
      throw new Error('no more');
    };
    expect(await last('never said', failing)).toBe('Error: no more');
    expect(await failureOf((tx) => tx.beforeCommit(() => tx.send('select 1 / 0')))).toBe(
      'error: division by zero',
    );
    const rows = await hub.database.query("select key from webhook_keys where key in ('kept', 'never said')");
    expect(rows).toEqual([{ key: 'kept' }]);
  });

  it('is tried again with its transaction after a deadlock', async () => {
    await hub.database.query("insert into webhook_keys (key, answer) values ('A', ''), ('B', '')");
    const touch = 'update webhook_keys set answer = answer || $2 where key = $1';
    const both = (first: string, second: string): Promise<void> =>
      db.system('inbox', async (tx) => {
        await tx.query(touch, [first, 'x']);
        await pause(100);
        tx.send(touch, [second, 'x']);
      });
    await Promise.all([both('A', 'B'), both('B', 'A')]);
    const rows = await hub.database.query("select answer from webhook_keys where key in ('A', 'B')");
    expect(rows).toEqual([{ answer: 'xx' }, { answer: 'xx' }]);
  });

  it('of a repeated webhook is a duplicate, and no failure in the log', async () => {
    const calls = new Calls(hub, tenant);
    const [from, callSid] = [newCaller(), newSid('CA')];
    const { leg } = await calls.incoming(callSid, from);
    const log = hub.app.get(Log);
    const logged: string[] = [];
    const error = log.error.bind(log);
    log.error = (message) => void logged.push(message);
    const rings = { CallSid: newSid('CA'), ParentCallSid: callSid, From: from, CallStatus: 'ringing' };
    const answers = [];
    for (let times = 0; times < 3; times += 1)
      answers.push((await hub.webhook(leg, { ...rings, To: '+14155550901' })).status);
    log.error = error;
    expect(answers).toEqual([200, 200, 200]);
    expect(logged).toEqual([]);
  });
});

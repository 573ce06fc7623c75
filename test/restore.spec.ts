import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pause } from '#libs/platform';

import { newCaller } from './hub.js';
import { until } from './process.js';
import { ProcessHub } from './process-hub.js';

describe('a database that went back in time', () => {
  let hub: ProcessHub;
  let business: { number: string; key: string };

  beforeEach(async () => {
    hub = await ProcessHub.prepare();
  }, 90_000);
  afterEach(async () => {
    await hub.close();
  });

  const fault = (given: Readonly<Record<string, unknown>>): Promise<Response> =>
    fetch(`${hub.sandbox.url}/sandbox/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ on: 'messages.create', ...given }),
    });
  const mend = (): Promise<Response> => fetch(`${hub.sandbox.url}/sandbox/faults`, { method: 'DELETE' });

  const write = async (to: string, body = 'On my way'): Promise<void> => {
    const answer = await fetch(`${hub.url}/v1/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${business.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ to, body }),
    });
    expect(answer.status).toBe(201);
  };
  const arrived = (to: string, count = 1): Promise<boolean> =>
    until(async () => hub.sandbox.textsTo(to).length === count);
  const statusesOf = async (to: string): Promise<readonly unknown[]> =>
    (
      await hub.database.query(
        `select status from messages m join contacts c on c.id = m.contact_id
         where c.number = $1 and direction = 'outbound' order by m.created_at`,
        [to],
      )
    ).map(({ status }) => status);
  const open = (): Promise<readonly Record<string, unknown>[]> =>
    hub.database.query('select 1 from restores where reconciled_at is null');
  const everything = (): readonly string[] =>
    hub.sandbox.ledger
      .entries()
      .flatMap((entry) =>
        entry.kind === 'message' && entry.direction !== 'inbound' ? [`${entry.to} ${entry.body}`] : [],
      );

  /** Has left before any other is held back. */
  const writeFirst = async (): Promise<void> => {
    const to = newCaller();
    await write(to);
    await arrived(to);
  };

  /** Three texts that wait when the backup is made, and go out after it. */
  const waiting = async (): Promise<readonly string[]> => {
    const receivers = [newCaller(), newCaller(), newCaller()];
    await fault({ answer: 429, share: 1 });
    for (const to of receivers) await write(to);
    await until(async () => {
      const put = await hub.database.query(`select 1 from message_attempts where outcome = 'put-off'`);
      return put.length >= receivers.length;
    });
    return receivers;
  };

  it('sends nothing again that it had sent, after a start on the backup', async () => {
    let one = hub.start();
    await hub.ready();
    business = await hub.tenant();
    await writeFirst();
    const receivers = await waiting();
    await hub.stop(one);
    const restore = await hub.database.backup();

    one = hub.start();
    await hub.ready();
    await mend();
    for (const to of receivers) await arrived(to);
    const [caller, customer] = [newCaller(), newCaller()];
    await fetch(`${hub.sandbox.url}/sandbox/calls`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        from: caller,
        to: business.number,
        callee: { behaviour: 'busy', afterSeconds: 0 },
        wait: true,
      }),
    });
    await arrived(caller);
    await fetch(`${hub.sandbox.url}/sandbox/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ from: customer, to: business.number, body: 'My sink leaks', wait: true }),
    });
    await arrived(customer);
    await pause(4_000); // the witness is written lazily
    await hub.stop(one);
    const before = everything();

    await restore();
    await fetch(`${hub.sandbox.url}/sandbox/listing`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ trial: true }),
    });
    one = hub.start();
    await hub.ready();
    await until(async () => (await hub.database.query('select 1 from restores')).length > 0);
    await until(async () => (await open()).length === 0);
    for (const to of receivers) await until(async () => !(await statusesOf(to)).includes('queued'));
    await until(async () => (await statusesOf(caller)).length > 0, 100_000);
    await until(async () => (await statusesOf(customer)).length > 0, 100_000);
    await until(async () => {
      const due = await hub.database.query(
        `select 1 from messages where direction = 'outbound' and status in ('queued', 'sending')`,
      );
      return due.length === 0;
    });
    expect(everything()).toEqual(before);
    expect(await statusesOf(receivers[0] ?? '')).toEqual(['accepted']);

    const fresh = newCaller();
    await write(fresh);
    await arrived(fresh);
    await write(receivers[0] ?? '', 'Something else');
    await arrived(receivers[0] ?? '', 2);
  }, 180_000);

  it('sends nothing again when the same backup is restored a second time, nor when nobody can read what was seen', async () => {
    let one = hub.start();
    await hub.ready();
    business = await hub.tenant();
    await writeFirst();
    const receivers = await waiting();
    await hub.stop(one);
    const restore = await hub.database.backup();
    one = hub.start();
    await hub.ready();
    await mend();
    for (const to of receivers) await arrived(to);
    const before = everything();
    for (const isReadable of [true, true, false]) {
      await pause(4_000); // the witness is written lazily
      await hub.stop(one);
      await restore();
      if (!isReadable) await writeFile(join(hub.folder, 'sends-witness.json'), '{"installation":');
      one = hub.start();
      await hub.ready();
      for (const to of receivers) await until(async () => !(await statusesOf(to)).includes('queued'));
      expect(everything()).toEqual(before);
      expect(await hub.database.query('select 1 from restores')).not.toEqual([]);
    }
  }, 180_000);

  it('is noticed by a process that runs on, and another installation is not taken for it', async () => {
    const one = hub.start();
    await hub.ready();
    business = await hub.tenant();
    const receivers = await waiting();
    await hub.stop(one);
    const restore = await hub.database.backup();
    const two = hub.start();
    await hub.ready();
    await mend();
    for (const to of receivers) await arrived(to);
    await restore();
    await hub.ready();
    await until(async () => (await hub.database.query('select 1 from restores')).length > 0);
    await until(async () => (await open()).length === 0);
    for (const to of receivers) await until(async () => (await statusesOf(to))[0] !== 'queued');
    expect(receivers.map((to) => hub.sandbox.textsTo(to).length)).toEqual([1, 1, 1]);
    await pause(4_000);
    await hub.stop(two);

    await hub.database.query('delete from restores');
    await hub.database.query('update installation set id = gen_random_uuid()');
    await hub.database.query(`select setval('message_attempts_seq_seq', 1)`);
    await hub.database.query('delete from message_attempts');
    hub.start();
    await hub.ready();
    const fresh = newCaller();
    await write(fresh);
    await arrived(fresh);
    expect(await hub.database.query('select 1 from restores')).toEqual([]);
  }, 180_000);
});

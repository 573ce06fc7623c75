import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { pause } from '#libs/platform';

import { freePort } from '../apps/hub/src/database/free-port.js';
import { TcpProxy } from './faults/tcp-proxy.js';
import { newCaller } from './hub.js';
import { until } from './process.js';
import { ProcessHub } from './process-hub.js';

const UNKNOWN = '01900000-0000-7000-8000-000000000000';

describe('the hub whose connections fell silent', () => {
  let hub: ProcessHub;

  beforeAll(async () => {
    hub = await ProcessHub.prepare();
  }, 90_000);
  afterEach(() => hub.kill());
  afterAll(() => hub.close());

  it('runs its jobs over new ones', async () => {
    const { hostname, port } = new URL(hub.database.address.url);
    const proxy = await TcpProxy.open({ host: hostname, port: Number(port) });
    hub.start({ DATABASE_URL: proxy.urlOf(hub.database.address.url) });
    await hub.ready();
    const { number } = await hub.tenant();
    await hub.settled();
    proxy.blackHole();
    await pause(1_000);
    proxy.healForNew();
    const caller = newCaller();
    await hub.misses(caller, number);
    await until(async () => hub.sandbox.textsTo(caller).length === 1, 60_000);
    hub.kill();
    await proxy.close();
  }, 120_000);

  it('runs the jobs that it has locked without hearing of it', async () => {
    const { hostname, port } = new URL(hub.database.address.url);
    const proxy = await TcpProxy.open({ host: hostname, port: Number(port) });
    hub.start({ DATABASE_URL: proxy.urlOf(hub.database.address.url) });
    await hub.ready();
    await hub.settled();
    const { query } = hub.database;
    await query('begin; lock table graphile_worker._private_jobs in access exclusive mode');
    const fetching = `select 1 from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%_private_jobs%for update%'`;
    await until(async () => (await query(fetching)).length > 0);
    proxy.halfOpen('down');
    const job = `graphile_worker.add_job('inbox.adopt', json_build_object('eventId', $1::text, 'attempt', '0'))`;
    const lastTry = 'update graphile_worker._private_jobs set attempts = max_attempts - 1 where id = $1';
    await query(lastTry, [(await query(`select (${job}).id`, [UNKNOWN]))[0]?.['id']]);
    await query('commit');
    const left = (which: string): Promise<readonly unknown[]> =>
      query(`select 1 from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
        where t.identifier = 'inbox.adopt' and ${which}`);
    await until(async () => (await left('locked_by is not null')).length === 1);
    proxy.resetAll();
    await proxy.heal();
    await until(async () => (await left('true')).length === 0, 60_000);
    hub.kill();
    await proxy.close();
  }, 120_000);

  it('takes what a customer writes whom a paused process holds', async () => {
    const worker = hub.start({ ROLE: 'worker', PORT: String(await freePort()) });
    hub.start({ ROLE: 'web' });
    await hub.ready();
    const { number, key } = await hub.tenant();
    const customer = newCaller();
    await hub.texts(customer, number, 'Hello');
    await until(async () => (await kept('Hello')).length === 1);
    const gate = new Client({ connectionString: hub.database.address.url });
    await gate.connect();
    await gate.query('begin; lock table message_attempts in access exclusive mode');
    const answer = await fetch(`${hub.url}/v1/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ to: customer, body: 'On my way' }),
    });
    expect(answer.status).toBe(201);
    const waiting = `select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()
      and application_name = 'twilio-server jobs'`;
    await until(async () => (await hub.database.query(waiting)).length > 0);
    worker.process.kill('SIGSTOP');
    await gate.query('commit');
    await gate.end();

    expect((await hub.texts(customer, number, 'Are you there?')).status).toBe(200);
    const going = setInterval(() => void hub.texts(newCaller(), number, 'And I').catch(() => undefined), 500);
    await until(async () => (await kept('Are you there?')).length === 1, 60_000);
    clearInterval(going);
    worker.process.kill('SIGCONT');
    await until(async () => hub.sandbox.textsTo(customer).length > 0);
    expect(await hub.database.query(`select 1 from webhook_events where verdict = 'failed'`)).toEqual([]);
  }, 150_000);

  const kept = (body: string): Promise<readonly Record<string, unknown>[]> =>
    hub.database.query(`select 1 from messages where direction = 'inbound' and body = $1`, [body]);
});

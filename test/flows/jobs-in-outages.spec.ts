import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Client } from 'pg';
import { Adoption, DeadLetters, Retirement } from '#libs/durable';
import { Db, pause } from '#libs/platform';

import { TestHub } from '../hub.js';

const UNKNOWN = '01900000-0000-7000-8000-000000000000';

describe('a job', () => {
  let hub: TestHub;

  beforeAll(async () => {
    hub = await TestHub.start();
  });
  afterAll(() => hub.stop());

  /** A job that looks for an event nobody has; if that fails once more, it is a dead letter. */
  const onItsLastTry = async (): Promise<string> => {
    const payload = JSON.stringify({ eventId: UNKNOWN, attempt: '0' });
    const [job] = await hub.database.query(
      `select id from graphile_worker.add_job('inbox.adopt', $1::json, run_at => now() + interval '1 hour')`,
      [payload],
    );
    await hub.database.query(
      'update graphile_worker._private_jobs set attempts = max_attempts - 1, run_at = now() where id = $1',
      [job?.['id']],
    );
    return String(job?.['id']);
  };
  const found = async (id: string, where = 'true'): Promise<boolean> =>
    (await hub.database.query(`select 1 from graphile_worker._private_jobs where id = $1 and ${where}`, [id]))
      .length === 1;
  const changed = (how: string): Promise<unknown> =>
    hub.database.query(`do $$ begin execute format('alter database %I ${how}', current_database()); end $$`);
  /** Those who are connected stay so, as with a database that only just lives; nobody else gets in. */
  const lets = (connections: number): Promise<unknown> => changed(`connection limit ${connections}`);

  afterEach(() => lets(-1));

  it('that meets an outage that is known, waits for its end, and has used up no attempt', async () => {
    const db = hub.app.get(Db);
    await lets(0);
    db.hangs();
    const id = await onItsLastTry();
    await hub.eventually(() => found(id, 'locked_by is not null'));
    await pause(3_000);
    expect([db.away, await found(id, 'locked_by is not null')]).toEqual([true, true]);
    await lets(-1);
    await hub.eventually(async () => !(await found(id)), 5_000);
    expect(await hub.app.get(DeadLetters).count()).toBe(0);
  });

  it('that meets an outage of which nobody knew when it began, is run again', async () => {
    const gate = new Client({ connectionString: hub.database.address.url });
    await gate.connect();
    await gate.query('begin; lock table webhook_events in access exclusive mode');
    const id = await onItsLastTry();
    const cut = `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%webhook_events%'`;
    await hub.eventually(async () => (await hub.database.query(cut)).length > 0);
    await gate.query('commit');
    await gate.end();
    await hub.eventually(async () => !(await found(id)), 5_000);
    expect(await hub.app.get(DeadLetters).count()).toBe(0);
  });

  it('that fails in words which PostgreSQL does not take becomes a dead letter all the same', async () => {
    const adoption = hub.app.get(Adoption) as unknown as { adopt: () => Promise<void> };
    const poison = jest.spyOn(adoption, 'adopt').mockRejectedValue(new Error('a \u0000 and a \ud800'));
    const id = await onItsLastTry();
    await hub.eventually(() => found(id, 'locked_by is null and attempts = max_attempts'));
    poison.mockRestore();
    const [letter] = await hub.database.query(
      'select last_error as error from graphile_worker.jobs where id = $1',
      [id],
    );
    expect(letter?.['error']).toContain('a  and a');
    await hub.database.query('delete from graphile_worker._private_jobs where id = $1', [id]);
  });

  it('is fetched by none while the database only lets us read, and soon after', async () => {
    const { runner } = hub.app.get(Retirement) as unknown as {
      runner: { readonly workerIds: readonly string[] };
    };
    const names = runner.workerIds.length;
    await changed('set default_transaction_read_only = on');
    hub.app.get(Db).hangs();
    await hub.database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'twilio-server jobs'`,
    );
    const id = await onItsLastTry();
    await pause(6_500);
    expect([hub.app.get(Db).away, runner.workerIds.length]).toEqual([true, names]);
    await changed('reset default_transaction_read_only');
    await hub.eventually(async () => !(await found(id)), 5_000);
  });
});

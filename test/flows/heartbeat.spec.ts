import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DeadLetters } from '#libs/durable';
import { Db, pause } from '#libs/platform';

import { TestHub } from '../hub.js';

const UNKNOWN = '01900000-0000-7000-8000-000000000000';

describe('the heartbeat', () => {
  let hub: TestHub;

  beforeAll(async () => {
    hub = await TestHub.start();
    await hub.eventually(async () => (await hub.database.query('select 1 from workers')).length === 1);
    await hub.database.query(`update workers set unbroken_since = unbroken_since - interval '1 minute'`);
  });
  afterAll(() => hub.stop());

  /** A job that looks for an event nobody has, as if `holder` had taken it so many seconds ago. */
  const lockedBy = async (holder: string, seconds: number): Promise<string> => {
    const payload = JSON.stringify({ eventId: UNKNOWN, attempt: '0' });
    const [job] = await hub.database.query(
      `select id from graphile_worker.add_job('inbox.adopt', $1::json, run_at => now() + interval '1 hour')`,
      [payload],
    );
    await hub.database.query(
      `update graphile_worker._private_jobs set run_at = now(), locked_by = $2,
         locked_at = clock_timestamp() - make_interval(secs => $3) where id = $1`,
      [job?.['id'], holder, seconds],
    );
    return String(job?.['id']);
  };
  const isThere = async (id: string): Promise<boolean> =>
    (await hub.database.query('select 1 from graphile_worker._private_jobs where id = $1', [id])).length ===
    1;

  it('frees jobs that somebody locked who died before anybody knew its name, and no others', async () => {
    const [{ worker_ids: mine } = { worker_ids: [] }] = await hub.database.query(
      'select worker_ids from workers',
    );
    const held = await lockedBy(String((mine as string[])[0]), 3_600);
    const fresh = await lockedBy('nobody-knows-this-one', 6);
    const orphan = await lockedBy('nobody-knew-this-one', 13);
    await hub.eventually(async () => !(await isThere(orphan)), 5_000);
    expect([await isThere(held), await isThere(fresh)]).toEqual([true, true]);
    await hub.eventually(async () => !(await isThere(fresh)), 12_000);
    expect(await isThere(held)).toBe(true);
  }, 30_000);

  it('beats, and the dead letters are counted, while screens keep all their connections busy', async () => {
    const db = hub.app.get(Db);
    const slow = Array.from({ length: 6 }, () =>
      db.system('workers', (tx) => tx.query('select pg_sleep(6)')),
    );
    await pause(4_500);
    const beaten = `select 1 from workers where beat_at > clock_timestamp() - interval '3 seconds'`;
    expect(await hub.database.query(beaten)).toHaveLength(1);
    const asked = performance.now();
    await hub.app.get(DeadLetters).measure();
    expect(performance.now() - asked).toBeLessThan(1_000);
    await Promise.all(slow);
  }, 30_000);
});

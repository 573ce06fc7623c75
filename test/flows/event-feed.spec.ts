import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';

import { EventFeed, Events, Jobs, type DomainEvent, type NewEvent } from '#libs/durable';
import { Db, Log, newId, pause, readConfiguration } from '#libs/platform';

import { lanesTo } from '../../apps/hub/src/database/database.js';
import { createDatabase, type TestDatabase } from '../database.js';
import { until } from '../process.js';

const TYPE = 'kettle.boiled';

/** A process's own services on the one database. */
class Instance {
  readonly jobs = new Jobs();
  readonly events: Events;
  readonly feed: EventFeed;
  readonly taken: string[] = [];

  constructor(
    readonly db: Db,
    name: string,
  ) {
    const settings = readConfiguration({ LOG_LEVEL: 'silent', PUBLIC_URL: 'http://localhost' });
    this.events = new Events(db, this.jobs);
    this.events.onModuleInit();
    this.feed = new EventFeed(settings, db, this.events, new Log(settings));
    this.feed.follow(name, [TYPE], (_, events) => this.take(events));
  }

  private async take(events: readonly DomainEvent[]): Promise<void> {
    await pause(20);
    if (events.some(({ data }) => data['cup'] === 'broken')) throw new Error('no cup');
    this.taken.push(...events.map(({ subjectId }) => subjectId));
  }
}

describe('the feed of the event log', () => {
  let database: TestDatabase;
  let db: Db;

  beforeAll(async () => {
    database = await createDatabase();
    db = new Db(lanesTo(database.address));
  });
  afterAll(async () => {
    await db.onApplicationShutdown();
    await database.drop();
  });

  const newTenant = async (): Promise<string> => {
    const id = newId();
    await database.query("insert into tenants (id, name, timezone) values ($1, 'Kettle', 'UTC')", [id]);
    return id;
  };
  const boiled = (cup = 'whole'): NewEvent => ({ type: TYPE, subjectId: newId(), data: { cup } });
  const publish = (one: Instance, tenantId: string, ...events: NewEvent[]): Promise<void> =>
    one.db.transaction(tenantId, (tx) => one.events.publish(tx, ...events));
  const ids = (...events: NewEvent[]): string[] => events.map(({ subjectId }) => subjectId);

  it('gives each event once, however many processes follow', async () => {
    const [one, two] = [new Instance(db, 'twice'), new Instance(db, 'twice')];
    const tenantId = await newTenant();
    const given = Array.from({ length: 20 }, () => boiled());
    await Promise.all([one.feed.read(), two.feed.read()]);
    for (const event of given) await publish(one, tenantId, event);
    await until(async () => {
      await Promise.all([one.feed.read(), two.feed.read()]);
      return one.taken.length + two.taken.length >= given.length;
    });
    expect([...one.taken, ...two.taken].toSorted()).toEqual(ids(...given).toSorted());
  });

  it('wakes no worker for what nobody gets a job for', async () => {
    const one = new Instance(db, 'asleep');
    const tenantId = await newTenant();
    const listener = new Client({ connectionString: database.address.url });
    await listener.connect();
    const heard: string[] = [];
    listener.on('notification', ({ channel }) => heard.push(channel));
    await listener.query('listen "jobs:insert"; listen marker');
    await publish(one, tenantId, boiled());
    await database.query('notify marker');
    await until(() => Promise.resolve(heard.includes('marker')));
    await listener.end();
    expect(heard).toEqual(['marker']);
  });

  it('adds the jobs of one transaction together', async () => {
    const one = new Instance(db, 'alarmed');
    const listener = new Client({ connectionString: database.address.url });
    await listener.connect();
    const heard: unknown[] = [];
    listener.on('notification', ({ payload = '' }) =>
      heard.push((JSON.parse(payload) as { count: number }).count),
    );
    await listener.query('listen "jobs:insert"');
    const at = new Date(Date.now() + 3_600_000);
    await db.system('workers', (tx) => {
      one.jobs.add(tx, 'now', { cup: 'first' });
      one.jobs.add(tx, 'soon', { cup: 'second' }, { inMs: 60_000, priority: -1 });
      one.jobs.add(tx, 'later', { cup: 'third' }, { at });
    });
    await until(() => Promise.resolve(heard.length > 0));
    await listener.end();
    expect(heard).toEqual([3]);
    const added = await database.query(`
      select t.identifier as task, j.payload->>'cup' as cup, j.priority::int as priority,
        round(extract(epoch from j.run_at - j.created_at))::int as seconds
      from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
      where t.identifier in ('now', 'soon', 'later') order by j.id`);
    expect(added).toEqual([
      { task: 'now', cup: 'first', priority: 0, seconds: 0 },
      { task: 'soon', cup: 'second', priority: -1, seconds: 60 },
      { task: 'later', cup: 'third', priority: 0, seconds: 3_600 },
    ]);
  });

  it('misses no event that was written before another and committed after it', async () => {
    const one = new Instance(db, 'late');
    const tenantId = await newTenant();
    const [early, late] = [boiled(), boiled()];
    const gate = new Client({ connectionString: database.address.url });
    await gate.connect();
    await gate.query('select pg_advisory_lock(1)');
    const slow = db.transaction(tenantId, (tx) => {
      one.events.publish(tx, early);
      tx.beforeCommit(() => tx.send('select pg_advisory_xact_lock(1)'));
    });
    await until(async () => {
      const waiting = await database.query(
        "select 1 from pg_locks where locktype = 'advisory' and not granted",
      );
      return waiting.length > 0;
    });
    await publish(one, tenantId, late);
    await one.feed.read();
    expect(one.taken).not.toContain(late.subjectId);
    await gate.end();
    await slow;
    await until(async () => {
      await one.feed.read();
      return one.taken.includes(late.subjectId);
    });
    expect(one.taken).toEqual(expect.arrayContaining(ids(early, late)));
  });

  it('lets the good ones of a batch pass, and makes the bad one a job that fails visibly', async () => {
    const one = new Instance(db, 'cups');
    const [tenantId, neighbour] = [await newTenant(), await newTenant()];
    const given = [boiled(), boiled('broken'), boiled()];
    const beside = boiled();
    await publish(one, tenantId, ...given);
    await publish(one, neighbour, beside);
    await until(async () => {
      await one.feed.read();
      return one.taken.includes(beside.subjectId);
    });
    const rows = await database.query(
      `select payload from graphile_worker._private_jobs where payload ->> 'subscriber' = 'cups' order by id`,
    );
    expect(rows).toHaveLength(3);
    const deliver = one.jobs.tasks.get('event') ?? (() => Promise.resolve());
    const ends = await Promise.allSettled(
      rows.map(({ payload }) => deliver(payload as Readonly<Record<string, string>>)),
    );
    expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    const good = given.filter(({ data }) => data['cup'] === 'whole');
    expect(one.taken).toEqual(expect.arrayContaining(ids(...good)));
  });

  it('reads what is new, however long the log is', async () => {
    const one = new Instance(db, 'far');
    const tenantId = await newTenant();
    const [before, last] = [boiled(), boiled()];
    await database.query(
      `insert into events (id, tenant_id, type, subject_id, data)
       select gen_random_uuid(), $1, $2, gen_random_uuid(), '{"cup": "whole"}' from generate_series(1, 20000)`,
      [tenantId, TYPE],
    );
    await publish(one, tenantId, before);
    await database.query('analyze events');
    await database.query(
      `insert into event_followers (name, written_in, event_id)
       select 'far', written_in, id from events where subject_id = $1`,
      [before.subjectId],
    );
    const entriesRead = async (): Promise<number> => {
      const [row] = await database.query(
        `select sum(idx_tup_read)::int as read from pg_stat_user_indexes where relname like 'events_2%'`,
      );
      return Number(row?.['read']);
    };
    const atFirst = await entriesRead();
    await publish(one, tenantId, last);
    await until(async () => {
      await one.feed.read();
      return one.taken.length > 0 && (await entriesRead()) > atFirst; // told a second later
    });
    expect(one.taken).toEqual(ids(last));
    expect((await entriesRead()) - atFirst).toBeLessThan(5_000);
  });

  it('goes on after a dump was restored elsewhere, whose transactions have larger numbers', async () => {
    const tenantId = await newTenant();
    const before = new Instance(db, 'moved');
    const old = boiled();
    await publish(before, tenantId, old);
    await database.query(`update events set written_in = '900000000000' where subject_id = $1`, [
      old.subjectId,
    ]);
    await database.query(`insert into event_followers (name, written_in) values ('moved', '900000000001')`);
    const after = new Instance(db, 'moved');
    const fresh = boiled();
    await publish(after, tenantId, fresh);
    await until(async () => {
      await after.feed.read();
      return after.taken.includes(fresh.subjectId) && after.taken.includes(old.subjectId);
    });
    expect(after.taken).toContain(old.subjectId);
  });
});

import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { Projections } from '#libs/analytics';
import { Events, Jobs, type NewEvent } from '#libs/durable';
import { Db, newId } from '#libs/platform';

import { lanesTo } from '../../apps/hub/src/database/database.js';
import { createDatabase, type TestDatabase } from '../database.js';
import { expectedOf, NUMBERS, run, type Facts } from '../lives.js';

describe('the projections', () => {
  let database: TestDatabase;
  let db: Db;
  let events: Events;
  let projections: Projections;

  beforeAll(async () => {
    database = await createDatabase();
    db = new Db(lanesTo(database.address));
    events = new Events(db, new Jobs());
    projections = new Projections(db);
  });
  afterAll(async () => {
    await db.onApplicationShutdown();
    await database.drop();
  });

  const newTenant = async (): Promise<string> => {
    const id = newId();
    await database.query("insert into tenants (id, name, timezone) values ($1, 'Harbor Pipe Co', 'UTC')", [
      id,
    ]);
    return id;
  };

  const publish = (tenantId: string, given: readonly NewEvent[]): Promise<void> =>
    db.transaction(tenantId, (tx) => events.publish(tx, ...given));

  /** One job for each event, several at once. */
  const hear = async (tenantId: string, heard: readonly NewEvent[]): Promise<void> => {
    const waiting = [...heard];
    const worker = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        await projections.project(tenantId, [next]);
      }
    };
    await Promise.all(Array.from({ length: 5 }, worker));
  };

  const factsOf = async (tenantId: string): Promise<Facts> => {
    const read = async (table: string, key: string): Promise<Record<string, unknown>[]> => {
      const rows = await database.query(`select * from ${table} where tenant_id = $1 order by ${key}::text`, [
        tenantId,
      ]);
      return rows.map((row) =>
        Object.fromEntries(Object.entries(row).filter(([column]) => column !== 'tenant_id')),
      );
    };
    return {
      calls: await read('call_facts', 'call_id'),
      messages: await read('message_facts', 'message_id'),
      conversations: await read('conversation_facts', 'conversation_id'),
    };
  };

  it('come out the same live, twice and shuffled, as rebuilt', async () => {
    await fc.assert(
      fc.asyncProperty(run, async ({ lives: chosen, events: given, heard }) => {
        const tenantId = await newTenant();
        await publish(tenantId, given);
        await hear(tenantId, heard);
        expect(await factsOf(tenantId)).toEqual(expectedOf(chosen));
        expect(await projections.rebuild(tenantId)).toBe(given.length);
        expect(await factsOf(tenantId)).toEqual(expectedOf(chosen));
      }),
      { numRuns: 40 },
    );
  });

  it('lose and double nothing when they are rebuilt, by two at once, while events come in', async () => {
    await fc.assert(
      fc.asyncProperty(run, async ({ lives: chosen, events: given, heard }) => {
        const tenantId = await newTenant();
        const half = Math.floor(heard.length / 2);
        await publish(tenantId, given);
        await hear(tenantId, heard.slice(0, half));
        await Promise.all([
          projections.rebuild(tenantId),
          projections.rebuild(tenantId),
          hear(tenantId, heard.slice(half)),
        ]);
        expect(await factsOf(tenantId)).toEqual(expectedOf(chosen));
      }),
      { numRuns: 25 },
    );
  });

  it('know an event that was written before a rebuild and committed after it', async () => {
    const tenantId = await newTenant();
    const life = {
      epoch: 0,
      handler: 'unassigned',
      phoneNumberId: NUMBERS[0],
      createdAt: '2026-03-01T10:00:00.000Z',
    };
    const early = { type: 'conversation.opened', subjectId: randomUUID(), data: life };
    const late = { type: 'conversation.opened', subjectId: randomUUID(), data: life };
    let commit = (): void => undefined;
    const open = new Promise<void>((done) => (commit = done));
    let written = (): void => undefined;
    const isWritten = new Promise<void>((done) => (written = done));
    const slow = db.transaction(tenantId, async (tx) => {
      events.publish(tx, early);
      await tx.now();
      written();
      await open;
    });
    await isWritten;
    await publish(tenantId, [late]);
    await projections.rebuild(tenantId);
    commit();
    await slow;
    await projections.project(tenantId, [early]);
    expect((await factsOf(tenantId)).conversations).toHaveLength(2);
  });

  it("are rebuilt in batches, for all tenants, and leave each tenant's rows alone", async () => {
    const [one, other] = [await newTenant(), await newTenant()];
    const opened = (): NewEvent => ({
      type: 'conversation.opened',
      subjectId: randomUUID(),
      data: { epoch: 0, handler: 'ai', phoneNumberId: NUMBERS[0], createdAt: '2026-03-01T10:00:00.000Z' },
    });
    await publish(one, Array.from({ length: 2_300 }, opened));
    await publish(other, [opened()]);
    await database.query('delete from conversation_facts where tenant_id = any($1)', [[one, other]]);
    await projections.rebuild();
    expect((await factsOf(one)).conversations).toHaveLength(2_300);
    expect((await factsOf(other)).conversations).toHaveLength(1);
    expect(await projections.rebuild(other)).toBe(1);
    expect((await factsOf(one)).conversations).toHaveLength(2_300);
  });
});

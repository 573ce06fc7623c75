import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { Projections } from '#libs/analytics';
import { Events, Jobs, type NewEvent } from '#libs/durable';
import { Db, newId } from '#libs/platform';

import { lanesTo } from '../../apps/hub/src/database.js';
import { createDatabase, type TestDatabase } from '../database.js';

type Facts = Record<'calls' | 'messages' | 'conversations', Record<string, unknown>[]>;
type Life = { readonly events: readonly NewEvent[]; readonly facts: Partial<Record<keyof Facts, object>> };

const NUMBERS = ['01890000-0000-7000-8000-000000000001', '01890000-0000-7000-8000-000000000002'];
const CONTACTS = ['01890000-0000-7000-9000-000000000001', '01890000-0000-7000-9000-000000000002'];
const HANDLERS = ['unassigned', 'human', 'ai'] as const;

const time = fc
  .date({ min: new Date('2026-01-01'), max: new Date('2026-12-31'), noInvalidDate: true })
  .map((at) => at.toISOString());
const number = fc.constantFrom(...NUMBERS);

const callLife = fc
  .record({
    id: fc.uuid(),
    phoneNumberId: number,
    startedAt: time,
    endedAt: time,
    verdicts: fc.constantFrom<readonly string[]>(
      [],
      ['answered'],
      ['missed'],
      ['rejected'],
      ['answered', 'missed'],
    ),
    reason: fc.constantFrom('no-answer', 'busy', 'abandoned', 'voicemail'),
    messageId: fc.option(fc.uuid()),
  })
  .map(({ id, phoneNumberId, startedAt, endedAt, verdicts, reason, messageId }): Life => {
    const view = { id, phoneNumberId, startedAt, endedAt: null, outcome: null, missedReason: null };
    const said = (type: string, data: object): NewEvent => ({ type, subjectId: id, data: { ...data } });
    const ends = verdicts.map((outcome, index) => {
      const missedReason = outcome === 'missed' ? reason : null;
      return said('call.ended', {
        ...view,
        endedAt,
        outcome,
        missedReason,
        revision: index + 1,
        rangSeconds: 4,
      });
    });
    const isMissed = verdicts.at(-1) === 'missed';
    const decided = { callId: id, phoneNumberId, messageId, sent: messageId !== null };
    const textBack = isMissed ? [said('text-back.decided', decided)] : [];
    // a call whose start is heard last carries the verdict that it already has, without its revision
    const late = { ...view, outcome: verdicts.at(0) ?? null };
    return {
      events: [said('call.started', late), ...ends, ...textBack],
      facts: {
        calls: {
          call_id: id,
          phone_number_id: phoneNumberId,
          started_at: new Date(startedAt),
          ended_at: verdicts.length === 0 ? null : new Date(endedAt),
          revision: verdicts.length,
          outcome: verdicts.at(-1) ?? null,
          missed_reason: isMissed ? reason : null,
          text_back_message_id: isMissed ? messageId : null,
        },
      },
    };
  });

const messageLife = fc
  .record({
    id: fc.uuid(),
    phoneNumberId: number,
    contactId: fc.constantFrom(...CONTACTS),
    author: fc.constantFrom('customer', 'human', 'ai', 'system'),
    createdAt: time,
    sentAt: fc.option(time),
    statuses: fc.subarray(['sent', 'delivered']),
  })
  .map(({ id, phoneNumberId, contactId, author, createdAt, sentAt, statuses }): Life => {
    const direction = author === 'customer' ? 'inbound' : 'outbound';
    const view = {
      id,
      phoneNumberId,
      contactId,
      author,
      direction,
      createdAt,
      body: 'text',
      conversationId: null,
    };
    const said = (type: string, more: object): NewEvent => ({
      type,
      subjectId: id,
      data: { ...view, ...more },
    });
    const left =
      sentAt === null
        ? [said('message.status', { sentAt: null, status: 'failed' })]
        : [
            said('message.status', { sentAt: null, status: 'held' }),
            said('message.sent', { sentAt, status: 'accepted' }),
            ...statuses.map((status) => said('message.status', { sentAt, status })),
          ];
    return {
      events: direction === 'inbound' ? [said('message.received', { sentAt: null })] : left,
      facts: {
        messages: {
          message_id: id,
          phone_number_id: phoneNumberId,
          contact_id: contactId,
          direction,
          author,
          created_at: new Date(createdAt),
          sent_at: direction === 'inbound' || sentAt === null ? null : new Date(sentAt),
        },
      },
    };
  });

const conversationLife = fc
  .record({
    id: fc.uuid(),
    phoneNumberId: number,
    createdAt: time,
    steps: fc.array(fc.constantFrom(...HANDLERS), { maxLength: 4 }),
    closes: fc.boolean(),
  })
  .map(({ id, phoneNumberId, createdAt, steps, closes }): Life => {
    const at = (epoch: number) => ({
      id,
      phoneNumberId,
      createdAt,
      epoch,
      handler: epoch === 0 ? 'unassigned' : (steps[epoch - 1] ?? 'unassigned'),
    });
    const said = (type: string, epoch: number): NewEvent => ({ type, subjectId: id, data: at(epoch) });
    const changes = steps.map((_, index) => said('conversation.handler-changed', index + 1));
    const closed = closes ? [said('conversation.closed', steps.length)] : [];
    const { epoch, handler } = at(steps.length);
    return {
      events: [said('conversation.opened', 0), ...changes, ...closed],
      facts: {
        conversations: {
          conversation_id: id,
          phone_number_id: phoneNumberId,
          created_at: new Date(createdAt),
          epoch,
          handler,
        },
      },
    };
  });

const lives = fc.uniqueArray(fc.oneof(callLife, messageLife, conversationLife), {
  minLength: 1,
  maxLength: 12,
  selector: ({ events }) => events[0]?.subjectId,
});

/** What happened, and in which order, how often, it is heard. */
const run = lives.chain((chosen) => {
  const events = chosen.flatMap((life) => life.events);
  const twice = [...events, ...events];
  return fc.record({
    lives: fc.constant(chosen),
    events: fc.constant(events),
    heard: fc.shuffledSubarray(twice, { minLength: twice.length, maxLength: twice.length }),
  });
});

const expectedOf = (chosen: readonly Life[]): Facts => {
  const of = (table: keyof Facts, id: string): Record<string, unknown>[] =>
    chosen
      .flatMap(({ facts }) =>
        facts[table] === undefined ? [] : [{ ...facts[table] } as Record<string, unknown>],
      )
      .toSorted((a, b) => (String(a[id]) < String(b[id]) ? -1 : 1));
  return {
    calls: of('calls', 'call_id'),
    messages: of('messages', 'message_id'),
    conversations: of('conversations', 'conversation_id'),
  };
};

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
      return rows.map(({ tenant_id: _, ...fact }) => fact);
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
      await events.publish(tx, early);
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

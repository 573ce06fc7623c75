import { Injectable } from '@nestjs/common';
import { Db, Tx } from '#libs/platform';

import { byTable, PROJECTED, type FactTable, type LoggedEvent } from './facts.domain.js';
import { MERGES } from './merges.js';

/** Where a replay stands in a tenant's log. */
interface Place {
  readonly at: Date;
  readonly id: string;
}

type Row = LoggedEvent & Place & Record<string, unknown>;

const BATCH = 1_000;
const START: Place = { at: new Date(0), id: '00000000-0000-0000-0000-000000000000' };
const TABLES: readonly FactTable[] = ['calls', 'messages', 'conversations'];

const TENANTS = 'select id from tenants order by id';
const LOCK = `select pg_advisory_xact_lock(hashtext('projections'), hashtext($1::text))`;
const CLEAR = [
  'delete from call_facts where tenant_id = $1',
  'delete from message_facts where tenant_id = $1',
  'delete from conversation_facts where tenant_id = $1',
];
const READ = `
  select id, type, subject_id as "subjectId", data, created_at as at from events
  where tenant_id = $1 and (created_at, id) > ($2::timestamptz, $3::uuid) and type = any($4)
  order by created_at, id limit ${BATCH}`;

/** The fact tables, made of the event log and of nothing else. */
@Injectable()
export class Projections {
  constructor(private readonly db: Db) {}

  /** Takes events of a tenant in: in any order, as often as they come. */
  async project(tenantId: string, events: readonly LoggedEvent[]): Promise<void> {
    await this.db.transaction(tenantId, (tx) => this.merge(tx, events));
  }

  /**
   * Makes the facts anew out of the log, of one tenant or of all; gives how many events were replayed. The hub may
   * go on meanwhile: an event committed before the clearing is read by the replay, a later one comes by the feed,
   * and one that comes both ways changes nothing.
   */
  async rebuild(tenantId?: string): Promise<number> {
    let replayed = 0;
    for (const id of tenantId === undefined ? await this.tenants() : [tenantId])
      replayed += await this.rebuildOne(id);
    return replayed;
  }

  private async tenants(): Promise<readonly string[]> {
    const rows = await this.db.system('projections', (tx) => tx.query<{ id: string }>(TENANTS));
    return rows.map(({ id }) => id);
  }

  private async rebuildOne(tenantId: string): Promise<number> {
    let batch = await this.db.transaction(tenantId, async (tx) => {
      tx.send(LOCK, [tenantId]);
      for (const statement of CLEAR) await tx.query(statement, [tenantId]);
      return this.replay(tx, START);
    });
    let replayed = batch.length;
    for (let last = batch.at(-1); last !== undefined; last = batch.at(-1)) {
      const from = last;
      batch = await this.db.transaction(tenantId, (tx) => this.replay(tx, from));
      replayed += batch.length;
    }
    return replayed;
  }

  private async replay(tx: Tx, { at, id }: Place): Promise<readonly Row[]> {
    const batch = await tx.query<Row>(READ, [tx.tenantId, at, id, PROJECTED]);
    this.merge(tx, batch);
    return batch;
  }

  private merge(tx: Tx, events: readonly LoggedEvent[]): void {
    const said = byTable(events);
    for (const table of TABLES) {
      if (said[table].length > 0) tx.send(MERGES[table], [tx.tenantId, JSON.stringify(said[table])]);
    }
  }
}

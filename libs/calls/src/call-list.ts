import { Injectable } from '@nestjs/common';
import { Decisions } from '#libs/durable';
import { Db, instant, NotFound, pageOf, placeOf, type Page } from '#libs/platform';

import { COLUMNS } from './call-columns.js';
import type { CallQuery, CallView, DecisionsView } from './call.dto.js';
import type { Call } from './call.entity.js';
import { callView } from './call-view.js';

const LIST = `
  select ${COLUMNS}, started_at as at from calls where tenant_id = $1
    and ($2::timestamptz is null or (started_at, id) < ($2, $3::uuid))
    and ($4::text is null or from_number = $4) and ($5::text is null or to_number = $5)
    and ($6::text is null or outcome = $6) and ($7::uuid is null or phone_number_id = $7)
    and ($8::timestamptz is null or started_at >= $8) and ($9::timestamptz is null or started_at < $9)
  order by started_at desc, id desc limit $10`;
const GET = `select ${COLUMNS} from calls where tenant_id = $1 and id = $2`;

type Row = Call & { readonly at: Date } & Record<string, unknown>;

/** Calls as the API shows them. */
@Injectable()
export class CallList {
  constructor(
    private readonly db: Db,
    private readonly decisions: Decisions,
  ) {}

  async list(tenantId: string, query: CallQuery): Promise<Page<CallView>> {
    const place = placeOf(query.cursor);
    const { from, to, outcome, phoneNumberId, since, until, limit } = query;
    const filters = [from, to, outcome, phoneNumberId, instant(since), instant(until)].map(
      (value) => value ?? null,
    );
    const values = [tenantId, place?.at ?? null, place?.id ?? null, ...filters, limit + 1];
    const rows = await this.db.transaction(tenantId, (tx) => tx.query<Row>(LIST, values));
    return pageOf(rows, limit, callView);
  }

  /** @throws NotFound */
  async get(tenantId: string, id: string): Promise<CallView> {
    const call = await this.db.transaction(tenantId, (tx) => tx.one<Row>(GET, [tenantId, id]));
    if (call === undefined) throw new NotFound('call');
    return callView(call);
  }

  /** Every check that led to the call's verdicts. @throws NotFound */
  async decisionsOf(tenantId: string, id: string): Promise<DecisionsView> {
    await this.get(tenantId, id);
    const checks = await this.db.transaction(tenantId, (tx) => this.decisions.of(tx, id));
    return { data: checks.map(({ at, ...check }) => ({ ...check, at: at.toISOString() })) };
  }
}

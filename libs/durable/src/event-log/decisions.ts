import { Injectable } from '@nestjs/common';
import { newId, Tx } from '#libs/platform';

/** One check that led to a verdict: its name, what it looked at, what it said. */
export interface Check {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly verdict: string;
}

/** A check as it is read back. */
export interface KeptCheck extends Check {
  /** What was being decided: `outcome`, `text-back`, `send`. */
  readonly rule: string;
  readonly at: Date;
}

const KEEP = `
  insert into decisions (id, tenant_id, subject_id, rule, position, name, input, verdict)
  select id, $1, $2, $3, position, name, input, verdict
  from jsonb_to_recordset($4::jsonb) as g(id uuid, position int, name text, input jsonb, verdict text)`;
const READ = `
  select rule, name, input, verdict, created_at as at from decisions
  where tenant_id = $1 and subject_id = $2 order by created_at, rule, position limit 500`;

/** The checks with an id and a place each, as the table keeps them. */
export const numbered = (
  checks: readonly Check[],
): readonly (Check & { readonly id: string; readonly position: number })[] =>
  checks.map((check, position) => ({ id: newId(), position, ...check }));

/** The trace of every verdict: the ordered checks that led to it, those after the first refusal too. */
@Injectable()
export class Decisions {
  /** Keeps the checks of one decision about a call or a message. */
  keep(tx: Tx, subjectId: string, rule: string, checks: readonly Check[]): void {
    tx.send(KEEP, [tx.tenantId, subjectId, rule, JSON.stringify(numbered(checks))]);
  }

  /** Every check kept about a call or a message, in order. */
  async of(tx: Tx, subjectId: string): Promise<readonly KeptCheck[]> {
    return tx.query<KeptCheck & Record<string, unknown>>(READ, [tx.tenantId, subjectId]);
  }
}

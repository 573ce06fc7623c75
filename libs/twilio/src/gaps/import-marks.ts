import { Injectable } from '@nestjs/common';
import { Db, newId } from '#libs/platform';

import { LEASE_MS } from './gap-window.domain.js';

export type ListKind = 'messages' | 'calls';

/** What is known of an account's list, and the database's clock. */
export interface Mark {
  /** Everything up to here was listed, and what we had missed of it was imported. */
  readonly until: Date;
  readonly now: Date;
  /** Whether the list is ours to read; else another process has it. */
  readonly ours: boolean;
}

/** An account is answered for since it was registered, not before. */
const ENTER = `
  insert into import_marks (account_sid, kind, complete_until)
  select account_sid, $2, created_at from twilio_accounts where account_sid = $1 on conflict do nothing`;
const TAKE = `
  with taken as (
    update import_marks set held_by = $3, held_until = clock_timestamp() + interval '${LEASE_MS} milliseconds'
    where account_sid = $1 and kind = $2 and (held_by = $3 or held_until < clock_timestamp()) returning kind)
  select complete_until as until, clock_timestamp() as now, exists (select 1 from taken) as ours
  from import_marks where account_sid = $1 and kind = $2`;
const LEAVE = `
  update import_marks set complete_until = greatest(complete_until, $4), held_until = '-infinity'
  where account_sid = $1 and kind = $2 and held_by = $3`;
/** Twilio's times are whole seconds. */
const REGISTERED = `
  select number, date_trunc('second', created_at) as at from phone_numbers where account_sid = $1`;

/** How far each account's lists were read; one process at a time reads one. */
@Injectable()
export class ImportMarks {
  private readonly id = newId();

  constructor(private readonly db: Db) {}

  /** Takes an account's list, or holds it longer, unless another process has it. @throws for no account of ours */
  async take(accountSid: string, kind: ListKind): Promise<Mark> {
    const mark = await this.db.system('import', (tx) => {
      tx.send(ENTER, [accountSid, kind]);
      return tx.one<Mark & Record<string, unknown>>(TAKE, [accountSid, kind, this.id]);
    });
    if (mark === undefined) throw new Error('This Twilio account is not registered here.');
    return mark;
  }

  /** Leaves it to others; complete up to a time, or null when it was not read to its end. */
  async leave(accountSid: string, kind: ListKind, until: Date | null): Promise<void> {
    await this.db.system('import', (tx) => tx.query(LEAVE, [accountSid, kind, this.id, until]));
  }

  /** Since when each number of an account is ours: what came to it before is not. */
  async registered(accountSid: string): Promise<ReadonlyMap<string, Date>> {
    const rows = await this.db.system('import', (tx) =>
      tx.query<{ number: string; at: Date }>(REGISTERED, [accountSid]),
    );
    return new Map(rows.map(({ number, at }) => [number, at]));
  }
}

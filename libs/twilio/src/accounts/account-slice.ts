import { Injectable } from '@nestjs/common';
import type { Slice } from '#libs/durable';
import { Log, Sealer, Tx } from '#libs/platform';

/** An account as requests need it: tokens open, in memory only. */
export interface KnownAccount {
  readonly accountSid: string;
  /** Primary first. */
  readonly tokens: readonly string[];
  readonly status: 'active' | 'suspended';
  readonly origin: 'api' | 'environment' | 'sandbox';
}

interface Row extends Record<string, unknown> {
  readonly accountSid: string;
  readonly authToken: string | null;
  readonly secondaryAuthToken: string | null;
  readonly status: 'active' | 'suspended' | 'deleted';
  readonly origin: KnownAccount['origin'];
}

const CHANGED = `
  select account_sid as "accountSid", auth_token as "authToken", secondary_auth_token as "secondaryAuthToken", status, origin
  from twilio_accounts where $1::text is null or changed_in >= $1::text::xid8`;

/** What a sealed token is bound to, so that it cannot be moved to another account. */
export const tokenPurpose = (accountSid: string): string => `twilio_accounts.token:${accountSid}`;

/** The accounts in memory; rows stay sealed in the dump. */
@Injectable()
export class AccountSlice implements Slice {
  readonly name = 'twilio-accounts';
  private readonly rows = new Map<string, Row>();
  private readonly known = new Map<string, KnownAccount>();

  constructor(
    private readonly sealer: Sealer,
    private readonly log: Log,
  ) {}

  changed(tx: Tx, since: string | null): Promise<Row[]> {
    return tx.query<Row>(CHANGED, [since]);
  }

  apply(rows: readonly Readonly<Record<string, unknown>>[], all: boolean): void {
    if (all) for (const one of [this.rows, this.known]) one.clear();
    for (const row of rows as readonly Row[]) {
      this.rows.set(row.accountSid, row);
      if (row.status === 'deleted') this.known.delete(row.accountSid);
      else this.open(row, row.status);
    }
  }

  dump(): readonly Row[] {
    return [...this.rows.values()];
  }

  get(accountSid: string): KnownAccount | undefined {
    return this.known.get(accountSid);
  }

  all(): Iterable<KnownAccount> {
    return this.known.values();
  }

  private open(
    { accountSid, authToken, secondaryAuthToken, origin }: Row,
    status: KnownAccount['status'],
  ): void {
    try {
      const tokens = [authToken, secondaryAuthToken].flatMap((sealed) =>
        sealed === null ? [] : [this.sealer.open(sealed, tokenPurpose(accountSid)).toString('utf8')],
      );
      this.known.set(accountSid, { accountSid, tokens, status, origin });
    } catch (error) {
      this.log.error("an account's token cannot be opened: its webhooks are refused", error, { accountSid });
    }
  }
}

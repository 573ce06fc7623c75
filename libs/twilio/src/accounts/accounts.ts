import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Snapshot } from '#libs/durable';
import { Conflict, Db, newId, NotFound, pageOf, placeOf, Sealer, Tx, type Page } from '#libs/platform';

import type { ChangeTwilioAccount, CreateTwilioAccount, TwilioAccountView } from './account.dto.js';
import { TwilioAccount } from './account.entity.js';
import { tokensAfterStart, type Tokens } from './account-tokens.domain.js';
import { AccountSlice, tokenPurpose, type KnownAccount } from './account-slice.js';

interface Row extends Record<string, unknown> {
  readonly accountSid: string;
  readonly status: 'active' | 'suspended';
  readonly secondary: boolean;
  readonly createdAt: Date;
  readonly at: Date;
  readonly id: string;
}

type SealedTokens = Tokens & Record<string, unknown>;

const FIELDS = `account_sid as "accountSid", status, secondary_auth_token is not null as secondary,
  created_at as "createdAt", created_at as at, id`;
const LIST = `
  select ${FIELDS} from twilio_accounts where status <> 'deleted'
    and ($1::timestamptz is null or (created_at, id) < ($1, $2::uuid))
  order by created_at desc, id desc limit $3`;
const GET = `select ${FIELDS} from twilio_accounts where status <> 'deleted' and account_sid = $1`;
/** A deleted account may come back, and the sandbox has new tokens at each start; any other that is there stays. */
const CREATE = `
  insert into twilio_accounts (account_sid, auth_token, secondary_auth_token, origin, id) values ($1, $2, $3, $4, $5)
  on conflict (account_sid) do update set auth_token = excluded.auth_token, status = 'active', origin = excluded.origin,
    secondary_auth_token = excluded.secondary_auth_token
  where twilio_accounts.status = 'deleted' or (excluded.origin = 'sandbox' and twilio_accounts.origin = 'sandbox')
  returning account_sid`;
const IS_OURS = 'select 1 from twilio_accounts where account_sid = $1 and id = $2';
const FROM_ENVIRONMENT = `
  select auth_token as primary, secondary_auth_token as secondary from twilio_accounts
  where account_sid = $1 and origin = 'environment' for update`;
const DELETE = `
  update twilio_accounts set status = 'deleted', auth_token = null, secondary_auth_token = null
  where account_sid = $1 and status <> 'deleted' returning account_sid`;

const viewOf = (row: Row): TwilioAccountView => ({
  accountSid: row.accountSid,
  status: row.status,
  hasSecondaryAuthToken: row.secondary,
  createdAt: row.createdAt.toISOString(),
});

/** Twilio accounts: rows of the operator, which webhooks and sends find in memory. */
@Injectable()
export class Accounts implements OnModuleInit {
  constructor(
    private readonly db: Db,
    private readonly sealer: Sealer,
    private readonly snapshot: Snapshot,
    private readonly slice: AccountSlice,
  ) {}

  onModuleInit(): void {
    this.snapshot.register(this.slice);
  }

  /** The account, out of the snapshot. */
  known(accountSid: string): KnownAccount | undefined {
    return this.slice.get(accountSid);
  }

  /** Every account, out of the snapshot. */
  allKnown(): Iterable<KnownAccount> {
    return this.slice.all();
  }

  /**
   * Registers an account. One of the environment's that is there keeps its status, and its tokens by tokensAfterStart;
   * the sandbox's is brought up to date.
   * @param id of its row; the same again is the same account
   * @throws Conflict when the API registered it before
   */
  async create(
    given: CreateTwilioAccount,
    origin: KnownAccount['origin'] = 'api',
    id = newId(),
  ): Promise<TwilioAccountView> {
    const { accountSid, authToken, secondaryAuthToken } = given;
    const sealed = [this.sealed(accountSid, authToken), this.sealed(accountSid, secondaryAuthToken ?? null)];
    const view = await this.db.system('platform-admin', async (tx) => {
      const made = await tx.one(CREATE, [accountSid, ...sealed, origin, id]);
      const isOurs = (await tx.one(IS_OURS, [accountSid, id])) !== undefined;
      if (made === undefined && origin === 'api' && !isOurs) {
        throw new Conflict(
          'account-exists',
          'This account is registered already. PATCH it to change its tokens.',
        );
      }
      if (made === undefined && origin === 'environment') await this.startAgain(tx, given);
      return this.read(tx, accountSid);
    });
    await this.snapshot.refresh();
    return view;
  }

  /** @throws NotFound */
  get(accountSid: string): Promise<TwilioAccountView> {
    return this.db.system('platform-admin', (tx) => this.read(tx, accountSid));
  }

  async list(limit: number, cursor?: string): Promise<Page<TwilioAccountView>> {
    const place = placeOf(cursor);
    const values = [place?.at ?? null, place?.id ?? null, limit + 1];
    return pageOf(await this.db.system('platform-admin', (tx) => tx.query<Row>(LIST, values)), limit, viewOf);
  }

  /** Changes tokens or status; either token is accepted from here on. @throws NotFound */
  async change(accountSid: string, given: ChangeTwilioAccount): Promise<TwilioAccountView> {
    const { authToken, secondaryAuthToken, status } = given;
    const changes = {
      ...(authToken === undefined ? {} : { authToken: this.sealed(accountSid, authToken) }),
      ...(secondaryAuthToken === undefined
        ? {}
        : { secondaryAuthToken: this.sealed(accountSid, secondaryAuthToken) }),
      ...(status === undefined ? {} : { status }),
    };
    const view = await this.db.system('platform-admin', async (tx) => {
      await this.read(tx, accountSid);
      if (Object.keys(changes).length > 0) await tx.manager.update(TwilioAccount, { accountSid }, changes);
      return this.read(tx, accountSid);
    });
    await this.snapshot.refresh();
    return view;
  }

  /** Forgets an account and its tokens. @throws NotFound; Conflict while numbers belong to it */
  async delete(accountSid: string): Promise<void> {
    await this.db.system('platform-admin', async (tx) => {
      await this.read(tx, accountSid);
      const used = await tx.one('select 1 from phone_numbers where account_sid = $1 limit 1', [accountSid]);
      if (used !== undefined)
        throw new Conflict('account-in-use', 'Phone numbers belong to this account. Suspend it instead.');
      await tx.query(DELETE, [accountSid]);
    });
    await this.snapshot.refresh();
  }

  /** A start finds the account of the environment there. */
  private async startAgain(
    tx: Tx,
    { accountSid, authToken, secondaryAuthToken }: CreateTwilioAccount,
  ): Promise<void> {
    const row = await tx.one<SealedTokens>(FROM_ENVIRONMENT, [accountSid]);
    if (row === undefined) return;
    const stored = this.opened(accountSid, row);
    const named = { primary: authToken, secondary: secondaryAuthToken ?? null };
    const after = tokensAfterStart(stored, named);
    if (after === stored) return;
    const sealed = {
      authToken: this.sealed(accountSid, after.primary),
      secondaryAuthToken: this.sealed(accountSid, after.secondary),
    };
    await tx.manager.update(TwilioAccount, { accountSid }, sealed);
  }

  private async read(tx: Tx, accountSid: string): Promise<TwilioAccountView> {
    const row = await tx.one<Row>(GET, [accountSid]);
    if (row === undefined) throw new NotFound('Twilio account');
    return viewOf(row);
  }

  /** None, when another ENCRYPTION_KEY sealed them: the environment's take their place. */
  private opened(accountSid: string, { primary, secondary }: Tokens): Tokens {
    const open = (sealed: string | null): string | null =>
      sealed === null ? null : this.sealer.open(sealed, tokenPurpose(accountSid)).toString('utf8');
    try {
      return { primary: open(primary), secondary: open(secondary) };
    } catch {
      return { primary: null, secondary: null };
    }
  }

  private sealed(accountSid: string, token: string | null): string | null {
    return token === null ? null : this.sealer.seal(token, tokenPurpose(accountSid));
  }
}

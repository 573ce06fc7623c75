export interface Account {
  readonly accountSid: string;
  readonly authToken: string;
  /** Where alerts are posted, as Twilio's debugger webhook would; none when absent. */
  readonly debuggerUrl?: string | undefined;
}

/** The accounts that the sandbox plays, first one first. */
export class Accounts {
  readonly #bySid = new Map<string, Account>();

  constructor(accounts: readonly [Account, ...Account[]]) {
    for (const account of accounts) this.put(account);
    this.first = accounts[0].accountSid;
  }

  /** Unregistered numbers belong to this one. */
  readonly first: string;

  find(accountSid: string): Account | undefined {
    return this.#bySid.get(accountSid);
  }

  /** Adds an account, or gives it another token from now on. */
  put(account: Account): void {
    this.#bySid.set(account.accountSid, account);
  }

  /** Tells whether these are the credentials of a known account. */
  accept(accountSid: string, authToken: string): boolean {
    return this.#bySid.get(accountSid)?.authToken === authToken;
  }
}

import { CappedLog } from './capped-log.js';

/** What a phone went through, for the transcript. */
export type PhoneEvent =
  | 'calls'
  | 'rings'
  | 'answers'
  | 'voicemail-answers'
  | 'hears'
  | 'presses'
  | 'stops-ringing'
  | 'hangs-up'
  | 'is-hung-up-on'
  | 'sends-text'
  | 'receives-text'
  | 'receives-twilio-reply';

/** What happened, by kind. `sentAt`, `receivedAt`: ISO 8601; `ms`: how long it took. */
export type LedgerEvent =
  | {
      readonly kind: 'rest';
      readonly operation: string;
      readonly method: string;
      readonly path: string;
      readonly accountSid: string;
      readonly params: Readonly<Record<string, string | string[]>>;
      readonly receivedAt: string;
      readonly ms: number;
      readonly status: number;
      readonly code: number | null;
      readonly sid: string | null;
      readonly fault: string | null;
    }
  | {
      readonly kind: 'webhook';
      readonly purpose: string;
      readonly method: string;
      readonly url: string;
      readonly params: Readonly<Record<string, string>>;
      readonly signature: string;
      readonly idempotencyToken: string;
      readonly attempts: number;
      readonly sentAt: string;
      readonly ms: number;
      readonly status: number | null;
      readonly body: string;
      readonly error: string | null;
    }
  | {
      readonly kind: 'message';
      readonly messageSid: string;
      readonly direction: string;
      readonly from: string | null;
      readonly to: string;
      readonly body: string;
      readonly mediaUrls: readonly string[];
      readonly status: string;
    }
  | {
      readonly kind: 'message-status';
      readonly messageSid: string;
      readonly status: string;
      readonly errorCode: number | null;
    }
  | {
      readonly kind: 'call';
      readonly callSid: string;
      readonly parentCallSid: string | null;
      readonly from: string;
      readonly to: string;
      readonly event: string;
      readonly status: string;
      readonly detail: string;
    }
  | {
      readonly kind: 'phone';
      readonly number: string;
      readonly event: PhoneEvent;
      readonly sid: string;
      readonly other: string | null;
      readonly text: string;
      readonly mediaUrls?: readonly string[];
      /** For a text received: when the REST request for it came in. */
      readonly acceptedAt?: string;
    }
  | {
      readonly kind: 'alert';
      readonly accountSid: string;
      readonly resourceSid: string;
      readonly errorCode: number;
      readonly message: string;
      readonly url: string;
    }
  | { readonly kind: 'control'; readonly what: string; readonly detail: unknown }
  | { readonly kind: 'sandbox-error'; readonly message: string };

export type LedgerEntry = { readonly seq: number; readonly at: string } & LedgerEvent;

/** The append-only record of all that happened; the oldest entries go when it is full. */
export class Ledger {
  readonly #entries: CappedLog<LedgerEntry>;
  readonly #watchers = new Set<(entry: LedgerEntry) => void>();
  #seq = 0;

  constructor(limit: number) {
    this.#entries = new CappedLog(limit);
  }

  get dropped(): number {
    return this.#entries.dropped;
  }

  record(event: LedgerEvent): LedgerEntry {
    this.#seq += 1;
    const entry = { seq: this.#seq, at: new Date().toISOString(), ...event };
    this.#entries.push(entry);
    for (const watcher of this.#watchers) watcher(entry);
    return entry;
  }

  /** Oldest first. */
  entries(): LedgerEntry[] {
    return this.#entries.toArray();
  }

  clear(): void {
    this.#entries.clear();
  }

  /** Calls `watcher` with each new entry; returns what ends that. */
  watch(watcher: (entry: LedgerEntry) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Runs work nobody waits for; a failure is recorded, not lost. */
  background(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      this.record({
        kind: 'sandbox-error',
        message: error instanceof Error ? String(error.stack) : String(error),
      });
    });
  }
}

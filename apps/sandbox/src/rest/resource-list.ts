import { CappedLog } from '../capped-log.js';

export interface Resource {
  readonly sid: string;
  readonly accountSid: string;
  readonly from: string | null;
  readonly to: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

export interface ResourceFilter {
  readonly accountSid: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Calls or messages by sid, and newest first by account, sender and receiver; the oldest go when it is full. */
export class ResourceList<T extends Resource> {
  readonly #bySid = new Map<string, T>();
  readonly #all: CappedLog<T>;
  readonly #shelves = new Map<string, CappedLog<T>>();

  constructor(limit: number) {
    this.#all = new CappedLog(limit);
  }

  add(resource: T): void {
    this.#bySid.set(resource.sid, resource);
    for (const key of shelvesOf(resource)) this.#shelf(key).push(resource);
    const oldest = this.#all.push(resource);
    if (oldest) this.#forget(oldest);
  }

  find(accountSid: string, sid: string): T | undefined {
    const resource = this.#bySid.get(sid);
    return resource?.accountSid === accountSid ? resource : undefined;
  }

  /** Newest first. */
  matching({ accountSid, from, to }: ResourceFilter): Iterable<T> {
    return this.#shelves.get(shelfKey(accountSid, from, to))?.newestFirst() ?? [];
  }

  /** Newest first, whatever the account. */
  all(): Iterable<T> {
    return this.#all.newestFirst();
  }

  /** The oldest of all is the first on every shelf it stands on. */
  #forget(oldest: T): void {
    this.#bySid.delete(oldest.sid);
    for (const key of shelvesOf(oldest)) {
      const shelf = this.#shelves.get(key);
      shelf?.dropOldest();
      if (shelf?.length === 0) this.#shelves.delete(key);
    }
  }

  #shelf(key: string): CappedLog<T> {
    const shelf = this.#shelves.get(key) ?? new CappedLog<T>();
    this.#shelves.set(key, shelf);
    return shelf;
  }
}

function shelvesOf({ accountSid, from, to }: Resource): string[] {
  const sender = from ?? '';
  return [
    shelfKey(accountSid, undefined, undefined),
    shelfKey(accountSid, sender, undefined),
    shelfKey(accountSid, undefined, to),
    shelfKey(accountSid, sender, to),
  ];
}

const shelfKey = (accountSid: string, from: string | undefined, to: string | undefined): string =>
  `${accountSid}|${from ?? '*'}|${to ?? '*'}`;

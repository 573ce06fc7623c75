/** How lists of messages differ from what was created. */
export interface ListingSettings {
  /** Milliseconds until a new message shows up in lists. */
  readonly listLagMs: number;
  /** Message Redaction: bodies are empty wherever messages are read. */
  readonly redacted: boolean;
}

const AS_CREATED: ListingSettings = { listLagMs: 0, redacted: false };

/** What of the messages lists and look-ups show. */
export class Listing {
  #settings = AS_CREATED;

  get settings(): ListingSettings {
    return this.#settings;
  }

  /** Changes what is given, and leaves the rest. */
  change(settings: { readonly [K in keyof ListingSettings]?: ListingSettings[K] | undefined }): void {
    const { listLagMs = this.#settings.listLagMs, redacted = this.#settings.redacted } = settings;
    this.#settings = { listLagMs, redacted };
  }

  reset(): void {
    this.#settings = AS_CREATED;
  }

  /** Those that are old enough to be listed. */
  *listed<T extends { readonly createdAt: number }>(messages: Iterable<T>): Generator<T> {
    const newest = Date.now() - this.#settings.listLagMs;
    for (const message of messages) if (message.createdAt <= newest) yield message;
  }

  /** A message's JSON as it is read. */
  read(json: Record<string, unknown>): Record<string, unknown> {
    return this.#settings.redacted ? { ...json, body: '' } : json;
  }
}

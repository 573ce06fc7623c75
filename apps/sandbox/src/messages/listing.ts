/** How lists of messages differ from what was created. */
export interface ListingSettings {
  /** Milliseconds until a new message shows up in lists. */
  readonly listLagMs: number;
  /** Message Redaction: bodies are empty wherever messages are read. */
  readonly redacted: boolean;
  /** A trial account: Twilio puts its own words before those of each text it sends. */
  readonly trial: boolean;
  /** Smart Encoding: typographic characters of texts that are sent are replaced by plain ones. */
  readonly smartEncoded: boolean;
}

const AS_CREATED: ListingSettings = { listLagMs: 0, redacted: false, trial: false, smartEncoded: false };
const TRIAL_WORDS = 'Sent from your Twilio trial account - ';
const PLAIN: Readonly<Record<string, string>> = {
  '\u2018': "'",
  '\u2019': "'",
  '\u201C': '"',
  '\u201D': '"',
  '\u2013': '-',
  '\u2014': '-',
  '\u2026': '...',
};
const TYPOGRAPHIC = /[\u2018\u2019\u201C\u201D\u2013\u2014\u2026]/g;

/** What of the messages lists and look-ups show. */
export class Listing {
  #settings = AS_CREATED;

  get settings(): ListingSettings {
    return this.#settings;
  }

  /** Changes what is given, and leaves the rest. */
  change(settings: { readonly [K in keyof ListingSettings]?: ListingSettings[K] | undefined }): void {
    const given = Object.entries(settings).filter(([, value]) => value !== undefined);
    this.#settings = { ...this.#settings, ...Object.fromEntries(given) };
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
    if (this.#settings.redacted) return { ...json, body: '' };
    return json['direction'] === 'inbound' ? json : { ...json, body: this.#asSent(String(json['body'])) };
  }

  #asSent(body: string): string {
    const { trial, smartEncoded } = this.#settings;
    const words = smartEncoded ? body.replace(TYPOGRAPHIC, (one) => PLAIN[one] ?? one) : body;
    return trial ? TRIAL_WORDS + words : words;
  }
}

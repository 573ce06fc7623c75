export interface Recording {
  readonly sid: string;
  readonly accountSid: string;
  readonly callSid: string;
  readonly source: 'DialVerb' | 'RecordVerb';
  readonly startedAt: number;
  readonly seconds: number;
}

const MOST_RECORDINGS = 5_000;

/** The recordings that can be fetched over REST; the oldest go when there are too many. */
export class Recordings {
  readonly #bySid = new Map<string, Recording>();

  add(recording: Recording): void {
    this.#bySid.set(recording.sid, recording);
    const [oldest] = this.#bySid.keys();
    if (this.#bySid.size > MOST_RECORDINGS && oldest) this.#bySid.delete(oldest);
  }

  find(accountSid: string, sid: string): Recording | undefined {
    const recording = this.#bySid.get(sid);
    return recording?.accountSid === accountSid ? recording : undefined;
  }

  delete(sid: string): void {
    this.#bySid.delete(sid);
  }
}

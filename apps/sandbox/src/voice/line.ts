import type { Call } from './call.js';

/** Who ended it. */
export type Ending = 'caller' | 'callee' | 'api' | 'exchange';

/** Where the REST API sends a call in progress. */
export type Redirection = { readonly url: string } | { readonly twiml: string };

/** Somebody on the phone to whom TwiML is read: the caller, or a dialled leg during its whisper. */
export class Line {
  #controller = new AbortController();
  #endedBy: Ending | null = null;
  #redirection: Redirection | null = null;

  /**
   * @param phone whose phone it is
   * @param other who is at the other end
   */
  constructor(
    readonly call: Call,
    readonly phone: string,
    readonly other: string,
    private digits: string,
  ) {}

  /** Null while the line is up. */
  get endedBy(): Ending | null {
    return this.#endedBy;
  }

  /** Aborted when the line ends, and when the call is sent elsewhere. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Ends it; only the first ending counts. */
  end(by: Ending): void {
    if (this.#endedBy !== null) return;
    this.#endedBy = by;
    this.#controller.abort();
  }

  redirect(redirection: Redirection): void {
    if (this.#endedBy !== null) return;
    this.#redirection = redirection;
    this.#controller.abort();
  }

  /** Where the call was sent, once: the line goes on from there. */
  takeRedirection(): Redirection | null {
    const redirection = this.#redirection;
    if (redirection === null || this.#endedBy !== null) return null;
    this.#redirection = null;
    this.#controller = new AbortController();
    return redirection;
  }

  /** The digits that the phone presses for one `<Gather>`; empty when it presses none. */
  press(atMost: number, finishOnKey: string): string {
    const wanted = this.digits.slice(0, atMost);
    const finish = wanted.split('').findIndex((digit) => finishOnKey.includes(digit));
    const pressed = finish === -1 ? wanted : wanted.slice(0, finish);
    this.digits = this.digits.slice(finish === -1 ? wanted.length : finish + 1);
    return pressed;
  }

  /** The promise's value, or null as soon as the line ends or is redirected. */
  async unlessOver<T>(promise: Promise<T>): Promise<T | null> {
    const { signal } = this;
    if (signal.aborted) return null;
    let stop = (): void => undefined;
    const aborted = new Promise<null>((resolve) => {
      stop = () => resolve(null);
    });
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await Promise.race([promise, aborted]);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }
}

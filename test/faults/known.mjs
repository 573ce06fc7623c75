const TOLD_EVERY_MS = 100;
const MOST_AT_ONCE = 500;

/**
 * Tells the sandbox's lists of every call and text that the generator makes up, a few times a second: Twilio knows
 * them whether or not their webhooks arrive, and the hub may ask.
 */
export class Known {
  #waiting = [];
  #telling = Promise.resolve();

  constructor(tell) {
    this.tell = tell;
    // a failure is heard by whoever waits for the next flush
    this.timer = setInterval(() => void this.flush().catch(() => undefined), TOLD_EVERY_MS);
    this.add = ({ kind, ...one }) => void this.#waiting.push({ kind, one });
  }

  /** Tells all that is waiting, in its order. */
  flush() {
    this.#telling = this.#telling.then(() => this.#tellAll());
    return this.#telling;
  }

  async stop() {
    clearInterval(this.timer);
    await this.flush();
  }

  async #tellAll() {
    while (this.#waiting.length > 0) {
      const some = this.#waiting.splice(0, MOST_AT_ONCE);
      const of = (kind) => some.filter((each) => each.kind === kind).map(({ one }) => one);
      await this.tell('/known', { texts: of('text'), calls: of('call') });
    }
  }
}

import { Unavailable } from '../errors.js';
import { isBusy, isOutage } from './outage.js';
import { pause } from '../waiting.js';

const FAILURES_TO_OPEN = 5;
const PROBE_EVERY_MS = 250;

/**
 * Stops asking a database that is away: after five outages in a row everything fails at once. Nobody's request is
 * the one that finds out whether it is back: a probe of our own asks every 250 ms, and its success alone closes it again.
 * What was under way when it opened, and succeeds after all, says only that a connection of before still works.
 */
export class OutageBreaker {
  private failures = 0;
  private stopped = false;
  private openedAt = Number.NEGATIVE_INFINITY;
  private lastOpenAt = Number.NEGATIVE_INFINITY;
  private told: (open: boolean) => void = () => undefined;

  /** @param answers asks the database something small; rejects within about a second when it is away */
  constructor(private readonly answers: () => Promise<unknown>) {}

  get closed(): boolean {
    return this.failures < FAILURES_TO_OPEN;
  }

  /** For how long it has been closed since it was last open, in milliseconds; Infinity when it never was. */
  get closedForMs(): number {
    return this.closed ? performance.now() - this.lastOpenAt : 0;
  }

  /** For how long it was open the last time, or has been so far, in milliseconds; 0 when it never was. */
  get lastOpenForMs(): number {
    const until = this.closed ? this.lastOpenAt : performance.now();
    return Number.isFinite(this.openedAt) ? until - this.openedAt : 0;
  }

  /** @throws Unavailable without calling `work` while open. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (!this.closed) {
      throw new Unavailable('database-unavailable', 'The database is away. Try again in a moment.');
    }
    try {
      const result = await work();
      this.note(false);
      return result;
    } catch (error) {
      if (!isBusy(error)) this.note(isOutage(error));
      throw error;
    }
  }

  /** Somebody waited for it as long as could be: that counts like an outage, until something succeeds. */
  waitedInVain(): void {
    this.note(true);
  }

  /** Nobody needs to be asked any more: it is away. */
  trip(): void {
    if (!this.closed) return;
    this.failures = FAILURES_TO_OPEN;
    void this.probe();
  }

  /** Says who is told when it opens, and when it closes again. */
  whenOpen(told: (open: boolean) => void): void {
    this.told = told;
  }

  stop(): void {
    this.stopped = true;
  }

  private note(outage: boolean): void {
    if (!this.closed) return;
    this.failures = outage ? this.failures + 1 : 0;
    if (!this.closed) void this.probe();
  }

  private async probe(): Promise<void> {
    this.openedAt = performance.now();
    this.lastOpenAt = this.openedAt;
    this.told(true);
    let back = false;
    while (!back && !this.stopped) {
      await pause(PROBE_EVERY_MS);
      back = await this.answers().then(
        () => true,
        () => false,
      );
    }
    this.lastOpenAt = performance.now();
    if (!back) return;
    this.failures = 0;
    this.told(false);
  }
}

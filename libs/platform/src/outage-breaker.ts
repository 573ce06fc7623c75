import { Unavailable } from './errors.js';
import { isBusy, isOutage } from './outage.js';

const FAILURES_TO_OPEN = 5;
const PROBE_EVERY_MS = 250;

/**
 * Stops asking a database that is away: after five outages in a row everything fails at once, but for one
 * probe every 250 ms, whose success closes it again.
 */
export class OutageBreaker {
  private failures = 0;
  private probedAt = 0;

  get closed(): boolean {
    return this.failures < FAILURES_TO_OPEN;
  }

  /** @throws Unavailable without calling `work` while open. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (!this.closed && !this.mayProbe()) {
      throw new Unavailable('database-unavailable', 'The database is away. Try again in a moment.');
    }
    try {
      const result = await work();
      this.failures = 0;
      return result;
    } catch (error) {
      if (!isBusy(error)) this.failures = isOutage(error) ? this.failures + 1 : 0;
      throw error;
    }
  }

  private mayProbe(): boolean {
    const now = performance.now();
    if (now - this.probedAt < PROBE_EVERY_MS) return false;
    this.probedAt = now;
    return true;
  }
}

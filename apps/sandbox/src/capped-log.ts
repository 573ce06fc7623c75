/** A list that keeps its newest `limit` items. Dropping the oldest is constant time, spread over the pushes. */
export class CappedLog<T> {
  #items: T[] = [];
  #start = 0;
  #dropped = 0;

  constructor(private readonly limit = Number.POSITIVE_INFINITY) {}

  /** How many items were dropped since the start or the last `clear`. */
  get dropped(): number {
    return this.#dropped;
  }

  get length(): number {
    return this.#items.length - this.#start;
  }

  /** Adds an item; returns the one that had to go for it, if any. */
  push(item: T): T | undefined {
    this.#items.push(item);
    return this.length > this.limit ? this.dropOldest() : undefined;
  }

  dropOldest(): T | undefined {
    if (this.length === 0) return undefined;
    const oldest = this.#items[this.#start];
    this.#start += 1;
    this.#dropped += 1;
    if (this.#start > 64 && this.#start > this.#items.length / 2) {
      this.#items = this.#items.slice(this.#start);
      this.#start = 0;
    }
    return oldest;
  }

  toArray(): T[] {
    return this.#items.slice(this.#start);
  }

  *newestFirst(): Generator<T> {
    for (let index = this.#items.length - 1; index >= this.#start; index -= 1) {
      const item = this.#items[index];
      if (item !== undefined) yield item;
    }
  }

  clear(): void {
    this.#items = [];
    this.#start = 0;
    this.#dropped = 0;
  }
}

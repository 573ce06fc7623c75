/** How long a write may take before nobody waits behind it, in milliseconds. */
const HANGS_AFTER_MS = 300;
const MOST_WAITING = 1_000;

/** A write has not come back for so long, or so much waits, that nobody should wait behind it. */
export class Hangs extends Error {}

interface Waiting<R, K> {
  readonly record: R;
  readonly kept: (how: K) => void;
  readonly failed: (error: unknown) => void;
}

/** Writes together what comes at the same time; one write at a time. */
export class GroupCommit<R, K> {
  private waiting: Waiting<R, K>[] = [];
  private startedAt: number | null = null;
  private isWriting = false;
  private writing: Promise<void> = Promise.resolve();

  /** @param commit writes the first of these, as many as there is room for, and says how each was kept; or throws */
  constructor(private readonly commit: (records: readonly R[]) => Promise<readonly K[]>) {}

  /** Why nobody should wait for it: null when it answers. */
  get trouble(): string | null {
    const hangs = this.startedAt !== null && performance.now() - this.startedAt > HANGS_AFTER_MS;
    if (hangs) return `The disk has not answered for ${HANGS_AFTER_MS} ms.`;
    return this.waiting.length < MOST_WAITING ? null : 'Too much waits for the disk.';
  }

  /** Writes a record; it is kept when this resolves. @throws what `commit` throws; Hangs, at once, while a write does */
  add(record: R): Promise<K> {
    const { trouble } = this;
    if (trouble !== null) return Promise.reject(new Hangs(trouble));
    return new Promise((kept, failed) => {
      this.waiting.push({ record, kept, failed });
      if (!this.isWriting) this.writing = this.writeAll();
    });
  }

  /** All that was added so far is kept, or has failed. */
  async settled(): Promise<void> {
    await this.writing;
  }

  private async writeAll(): Promise<void> {
    this.isWriting = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0);
      await this.timed(batch.map(({ record }) => record)).then(
        (kept) => this.waiting.unshift(...this.tell(batch, kept)),
        (error: unknown) => batch.forEach(({ failed }) => failed(error)),
      );
    }
    this.isWriting = false;
  }

  private timed(records: readonly R[]): Promise<readonly K[]> {
    this.startedAt = performance.now();
    return this.commit(records).finally(() => (this.startedAt = null));
  }

  /** Those for which there was no room, still to be told. */
  private tell(batch: readonly Waiting<R, K>[], kept: readonly K[]): readonly Waiting<R, K>[] {
    kept.forEach((how, index) => batch[index]?.kept(how));
    return batch.slice(kept.length);
  }
}

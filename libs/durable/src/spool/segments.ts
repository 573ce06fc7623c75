import { Segment, type NewRecord } from './segment.js';

export const MIB = 1024 * 1024;
/** As many events are in memory at once while they are drained. */
const SEGMENT_BYTES = 4 * MIB;
/** An open segment of which all is ticked off gives way to a new one when that is worth it. */
const WORTH_REMOVING_BYTES = MIB / 4;
/** Those who wrote the last records are given this long to tick them off themselves. */
const QUIET_MS = 500;

/** Where a record is; it does not count before its sync. */
export interface Written {
  readonly segment: Segment;
  /** The byte at which it begins, and how many it has. */
  readonly at: number;
  readonly length: number;
  readonly record: NewRecord;
}

/** The segments of one process, oldest first: one is written to, the others wait to be drained. */
export class Segments {
  private list: readonly Segment[] = [];
  private readonly resting = new Map<Segment, number>();
  private active: Segment | undefined;
  private writtenAt = 0;

  /** Bytes on the disk, and records that wait. */
  get size(): { readonly bytes: number; readonly records: number } {
    const sum = (of: (segment: Segment) => number): number =>
      this.list.reduce((total, segment) => total + of(segment), 0);
    return { bytes: sum(({ bytes }) => bytes), records: sum(({ left }) => left) };
  }

  /** How many of the records that wait may be read soon. */
  get awaited(): number {
    return this.list.reduce((total, { awaited }) => total + awaited, 0);
  }

  add(segment: Segment): void {
    this.list = [...this.list, segment];
  }

  /** Its file is gone, and its records with it. */
  drop(segment: Segment): void {
    this.list = this.list.filter((one) => one !== segment);
    this.resting.delete(segment);
  }

  /**
   * Appends records to the open segment, or to a new one; the segment in which a disk fails takes no more.
   * @throws what the disk says: then none of them is there
   */
  async write(records: readonly NewRecord[], next: () => string): Promise<readonly Written[]> {
    const segment = await this.writable(next);
    const starts = await this.givenUp(segment, segment.write(records));
    this.writtenAt = performance.now();
    return records.map((record, index) => ({
      segment,
      at: starts[index] ?? 0,
      length: record.bytes.length,
      record,
    }));
  }

  /** Syncs what was written; then it counts. @throws what the disk says, or that a sync before this one failed: then none of it need be there */
  async sync(written: readonly Written[]): Promise<void> {
    for (const segment of new Set(written.map((one) => one.segment))) {
      const of = written.filter((one) => one.segment === segment);
      await this.givenUp(segment, segment.sync(of.map(({ at, record: { cameAt } }) => ({ at, cameAt }))));
    }
  }

  /** The oldest segment with records that wait, and have done so for a moment, and does not rest; it takes no more. */
  async oldest(): Promise<Segment | undefined> {
    const now = performance.now();
    const quiet = now - this.writtenAt > QUIET_MS;
    const isReady = (one: Segment): boolean =>
      one.left > 0 && !one.busy && (one !== this.active || quiet) && now > (this.resting.get(one) ?? 0);
    const segment = this.list.find(isReady);
    if (segment !== undefined && segment === this.active) this.active = undefined;
    await segment?.end();
    return segment;
  }

  /** The others' turn, for so many milliseconds. */
  rest(segment: Segment, ms: number): void {
    this.resting.set(segment, performance.now() + ms);
  }

  tick({ segment, at }: Pick<Written, 'segment' | 'at'>): void {
    segment.tick(at);
    if (segment.spent) this.clear();
  }

  /** Ends all; what waits stays on the disk. */
  async end(): Promise<void> {
    this.active = undefined;
    this.clear();
    for (const segment of this.list) await segment.end();
  }

  private givenUp<T>(segment: Segment, work: Promise<T>): Promise<T> {
    return work.catch((error: unknown) => {
      if (this.active === segment) this.active = undefined;
      throw error;
    });
  }

  private async writable(next: () => string): Promise<Segment> {
    const { active } = this;
    const most = active?.spent === true ? WORTH_REMOVING_BYTES : SEGMENT_BYTES;
    if (active !== undefined && active.bytes < most) return active;
    this.active = undefined;
    await active?.end();
    this.clear();
    const segment = await Segment.create(next());
    this.add(segment);
    this.active = segment;
    return segment;
  }

  /** Lets go of ended segments of which nothing is needed any more. */
  private clear(): void {
    const spent = this.list.filter((one) => one !== this.active && one.spent);
    this.list = this.list.filter((one) => !spent.includes(one));
    for (const segment of spent) {
      this.resting.delete(segment);
      void segment.remove();
    }
  }
}

import { framed, framesIn } from '../../libs/durable/src/spool/frames.js';
import type { InboxEvent } from '../../libs/durable/src/inbox/webhook-events.js';
import type { World } from './world.js';

/** A record of the spool. */
export interface Spooled {
  readonly event: InboxEvent;
  /** By the host's own clock. */
  readonly cameAt: number;
}

/** A file that records are appended to. */
interface Segment {
  bytes: Buffer;
  records: Spooled[];
  synced: { bytes: number; records: number };
  ended: boolean;
  readonly done: Set<number>;
}

/** A record that was written, and is not on the disk before its sync. */
export interface Written {
  readonly segment: Segment;
  readonly number: number;
}

/** The spool of one host, in its real frames: what was synced survives a crash; the rest is torn at any byte. */
export class Disk {
  private readonly world: World;
  private segments: Segment[] = [];

  constructor(world: World) {
    this.world = world;
  }

  write(record: Spooled): Written {
    const open = this.segments.at(-1);
    const segment = open === undefined || open.ended ? this.opened() : open;
    segment.bytes = Buffer.concat([segment.bytes, framed(Buffer.from(JSON.stringify(record)))]);
    segment.records.push(record);
    return { segment, number: segment.records.length - 1 };
  }

  /** Whether it is on the disk now: not, when its segment was given up meanwhile. */
  sync({ segment, number }: Written): boolean {
    if (segment.ended) return number < segment.synced.records;
    segment.synced = { bytes: segment.bytes.length, records: segment.records.length };
    return true;
  }

  /** A sync failed: what was not synced before counts no more, and the segment takes no more. */
  abandon({ segment }: Written): void {
    segment.bytes = segment.bytes.subarray(0, segment.synced.bytes);
    segment.records = segment.records.slice(0, segment.synced.records);
    segment.ended = true;
  }

  tick({ segment, number }: Written): void {
    segment.done.add(number);
  }

  /** What waits, oldest first. */
  waiting(): readonly (Spooled & { readonly at: Written })[] {
    this.segments = this.segments.filter((one) => !one.ended || one.done.size < one.records.length);
    return this.segments.flatMap((segment) =>
      segment.records
        .slice(0, segment.synced.records)
        .map((record, number) => ({ ...record, at: { segment, number } }))
        .filter(({ at }) => !segment.done.has(at.number)),
    );
  }

  holds(key: string): boolean {
    return this.segments.some(({ records, synced, done }) =>
      records.some(({ event }, number) => event.key === key && number < synced.records && !done.has(number)),
    );
  }

  /** The next process reads what is left of the files; ticks were in memory only. */
  crash(): void {
    for (const segment of this.segments) {
      const kept = this.world.random.between(segment.synced.bytes, segment.bytes.length);
      const { frames, end } = framesIn(segment.bytes.subarray(0, kept));
      this.world.sometimes('a torn record was cut off', end < kept);
      segment.bytes = segment.bytes.subarray(0, end);
      segment.records = frames.map(({ payload }) => JSON.parse(payload.toString()) as Spooled);
      segment.synced = { bytes: end, records: frames.length };
      segment.ended = true;
      segment.done.clear();
    }
  }

  private opened(): Segment {
    const synced = { bytes: 0, records: 0 };
    const segment = { bytes: Buffer.alloc(0), records: [], synced, ended: false, done: new Set<number>() };
    this.segments.push(segment);
    return segment;
  }
}

import { open, readFile, stat, truncate, unlink, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

import { syncFolder } from '../sync-folder.js';
import { framesIn, type Frame, type Reading } from './frames.js';

/** A record to be written. */
export interface NewRecord {
  readonly bytes: Buffer;
  /** When its event came, as `performance.now()` counts: no step of the host's clock changes that. */
  readonly cameAt: number;
}

/** A record that waits; when it came is null where another process wrote it. */
export type WaitingRecord = Frame & { readonly cameAt: number | null };

/** Where a record begins, in bytes from its segment's start, and when its event came. */
type Start = Pick<NewRecord, 'cameAt'> & { readonly at: number };

/** One file of the spool: records are appended, ticked off in any order, and the file goes when all are. */
export class Segment {
  private unreadable = 0;
  private failedReadings = 0;
  private writing: Promise<unknown> | undefined;
  private syncing: Promise<unknown> | undefined;
  private ended = false;

  /** @param waiting which records wait, by the byte at which they begin, with when they came */
  private constructor(
    readonly path: string,
    private file: FileHandle | null,
    private readonly waiting: Map<number, number | null>,
    private size: number,
    private synced = size,
  ) {}

  /** A new file to write to; its name is on the disk with the first sync. @throws what the disk says */
  static async create(path: string): Promise<Segment> {
    return new Segment(path, await open(path, 'ax', 0o600), new Map(), 0);
  }

  /** A file that was left by somebody else; its torn tail is cut. @throws what the disk says */
  static async adopted(path: string): Promise<{ readonly segment: Segment; readonly reading: Reading }> {
    const bytes = await readFile(path);
    const reading = framesIn(bytes);
    if (reading.end < bytes.length) await truncate(path, reading.end);
    const waiting = new Map(reading.frames.map(({ at }) => [at, null]));
    return { segment: new Segment(path, null, waiting, reading.end), reading };
  }

  get bytes(): number {
    return this.size;
  }

  /** Whether records are on their way to it. */
  get busy(): boolean {
    return this.writing !== undefined || this.syncing !== undefined;
  }

  /** How many records wait: neither ticked off nor passed over. */
  get left(): number {
    return this.waiting.size;
  }

  /** How many of them may be read soon: none of a file that twice in a row could not be. */
  get awaited(): number {
    return this.failedReadings < 2 ? this.left : 0;
  }

  /** Whether nothing of it is needed any more: nor of what is on its way to it, which waits once it is there. */
  get spent(): boolean {
    return !this.busy && this.waiting.size + this.unreadable === 0;
  }

  /**
   * Appends records; one call at a time. The end of this process does not undo that, but the host's may: they count
   * once they are synced.
   * @returns where each of them begins
   * @throws what the disk says: then none of them is there, and this segment takes no more
   */
  write(records: readonly NewRecord[]): Promise<readonly number[]> {
    const writing = this.appended(records.map(({ bytes }) => bytes));
    this.writing = writing;
    return writing.finally(() => (this.writing = undefined));
  }

  /**
   * Syncs to the disk what was written so far, and lets these of it count; one call at a time.
   * @throws what the disk says, also that the file was removed: then nothing counts that was not synced before, and this
   *   segment takes no more
   */
  sync(starts: readonly Start[]): Promise<void> {
    const syncing = this.broughtToDisk(starts);
    this.syncing = syncing;
    return syncing.finally(() => (this.syncing = undefined));
  }

  /** The records that wait, and how many of them are not there any more: those are passed over. @throws what the disk says */
  async unsettled(): Promise<{ readonly found: readonly WaitingRecord[]; readonly missing: number }> {
    const frames = new Map(framesIn(await this.bytesRead()).frames.map((frame) => [frame.at, frame]));
    const missing = [...this.waiting.keys()].filter((at) => !frames.has(at));
    for (const at of missing) this.passOver(at);
    const found = [...this.waiting].flatMap(([at, cameAt]) => {
      const frame = frames.get(at);
      return frame === undefined ? [] : [{ ...frame, cameAt }];
    });
    return { found, missing: missing.length };
  }

  /** One record as the disk has it; null when it is not whole. @throws what the disk says */
  async read(at: number, length: number): Promise<Buffer | null> {
    const file = await open(this.path, 'r');
    try {
      const { buffer } = await file.read(Buffer.alloc(length), 0, length, at);
      return framesIn(buffer).frames[0]?.payload ?? null;
    } finally {
      await file.close();
    }
  }

  tick(at: number): void {
    this.waiting.delete(at);
  }

  /** Nobody can read it here: it stays on the disk, and in nobody's way. */
  passOver(at: number): void {
    if (this.waiting.delete(at)) this.unreadable += 1;
  }

  /** Takes no more records; those on their way arrive. */
  async end(): Promise<void> {
    this.ended = true;
    await this.writing?.catch(() => undefined);
    await this.syncing?.catch(() => undefined);
    await this.close();
  }

  async remove(): Promise<void> {
    await this.end();
    await unlink(this.path).catch(() => undefined);
  }

  private async bytesRead(): Promise<Buffer> {
    try {
      const bytes = await readFile(this.path);
      this.failedReadings = 0;
      return bytes;
    } catch (error) {
      this.failedReadings += 1;
      throw error;
    }
  }

  private async appended(records: readonly Buffer[]): Promise<readonly number[]> {
    try {
      await this.opened.appendFile(Buffer.concat(records));
    } catch (error) {
      await this.cutOff(this.size);
      throw error;
    }
    return records.map(({ length }) => (this.size += length) - length);
  }

  private async broughtToDisk(starts: readonly Start[]): Promise<void> {
    const { size } = this;
    try {
      await this.opened.datasync();
      if (this.synced === 0) await syncFolder(dirname(this.path));
      await stat(this.path); // what is in a file without a name is never read
    } catch (error) {
      await this.cutOff(this.synced);
      throw error;
    }
    this.synced = size;
    for (const { at, cameAt } of starts) this.waiting.set(at, cameAt);
  }

  private get opened(): FileHandle {
    if (this.file === null || this.ended) throw new Error('This segment is ended.');
    return this.file;
  }

  /** Takes no more, and has nothing beyond this. */
  private async cutOff(size: number): Promise<void> {
    if (this.file === null) return;
    await this.close();
    await truncate(this.path, size).catch(() => undefined);
  }

  private async close(): Promise<void> {
    const { file } = this;
    this.file = null;
    await file?.close().catch(() => undefined);
  }
}

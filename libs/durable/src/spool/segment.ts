import { open, readFile, truncate, unlink, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

import { framesIn, type Reading } from './frames.js';

/** A file's name is on disk once its folder is. */
const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** One file of the spool: records are appended, ticked off in any order, and the file goes when all are. */
export class Segment {
  private readonly done = new Set<number>();
  private readonly unreadable = new Set<number>();
  private appending: Promise<number> | undefined;

  private constructor(
    readonly path: string,
    private file: FileHandle | null,
    private count: number,
    private size: number,
  ) {}

  /** A new file to write to. @throws what the disk says */
  static async create(path: string): Promise<Segment> {
    const file = await open(path, 'ax', 0o600);
    try {
      await syncFolder(dirname(path));
    } catch (error) {
      await file.close();
      await unlink(path).catch(() => undefined);
      throw error;
    }
    return new Segment(path, file, 0, 0);
  }

  /** A file that was left by somebody else; its torn tail is cut. */
  static async adopted(path: string): Promise<{ readonly segment: Segment; readonly reading: Reading }> {
    const bytes = await readFile(path);
    const reading = framesIn(bytes);
    if (reading.end < bytes.length) await truncate(path, reading.end);
    return { segment: new Segment(path, null, reading.payloads.length, reading.end), reading };
  }

  get bytes(): number {
    return this.size;
  }

  /** How many records wait: neither ticked off nor passed over. */
  get left(): number {
    return this.count - this.done.size - this.unreadable.size;
  }

  /** Whether nothing of it is needed any more. */
  get spent(): boolean {
    return this.done.size === this.count;
  }

  /**
   * Appends records and syncs them to the disk; one call at a time.
   * @returns the number of the first; the others follow
   * @throws what the disk says: then nothing of them counts, and this segment takes no more
   */
  async append(records: readonly Buffer[]): Promise<number> {
    this.appending = this.write(Buffer.concat(records), records.length);
    return this.appending.finally(() => (this.appending = undefined));
  }

  /** The records that wait, with their numbers. */
  async unsettled(): Promise<readonly { readonly number: number; readonly payload: Buffer }[]> {
    const { payloads } = framesIn(await readFile(this.path));
    return payloads
      .map((payload, number) => ({ number, payload }))
      .filter(({ number }) => number < this.count && !this.done.has(number) && !this.unreadable.has(number));
  }

  tick(number: number): void {
    this.done.add(number);
  }

  /** Nobody can read it here: it stays on the disk, and in nobody's way. */
  passOver(number: number): void {
    this.unreadable.add(number);
  }

  /** Takes no more records; those on their way arrive. */
  async end(): Promise<void> {
    await this.appending?.catch(() => undefined);
    await this.close();
  }

  async remove(): Promise<void> {
    await this.end();
    await unlink(this.path).catch(() => undefined);
  }

  private async write(bytes: Buffer, records: number): Promise<number> {
    const { file } = this;
    if (file === null) throw new Error('This segment is ended.');
    try {
      await file.appendFile(bytes);
      await file.datasync();
    } catch (error) {
      await this.close();
      await truncate(this.path, this.size).catch(() => undefined);
      throw error;
    }
    const first = this.count;
    this.count += records;
    this.size += bytes.length;
    return first;
  }

  private async close(): Promise<void> {
    const { file } = this;
    this.file = null;
    await file?.close().catch(() => undefined);
  }
}

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Injectable } from '@nestjs/common';
import { Configuration, Log } from '#libs/platform';

import { NOTHING_SEEN, UNREADABLE, type Witness } from './witness.domain.js';

const NAME = 'sends-witness.json';

/** The release before kept no `trippedAt`. */
type Kept = Omit<Witness, 'trippedAt'> & { readonly trippedAt?: number | null };

const isKept = (value: unknown): value is Kept =>
  typeof value === 'object' &&
  value !== null &&
  'installation' in value &&
  typeof value.installation === 'string' &&
  'seq' in value &&
  typeof value.seq === 'number' &&
  'checkedAt' in value &&
  typeof value.checkedAt === 'number';

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** The witness on disk, beside the database and not in it. A restore of the database does not bring it back. */
@Injectable()
export class WitnessFile {
  private readonly path: string;

  constructor(
    private readonly settings: Configuration,
    private readonly log: Log,
  ) {
    this.path = join(settings.DATA_DIR, NAME);
  }

  /** What was written last; nothing when nothing was, `UNREADABLE` when it cannot be read. */
  async read(): Promise<Witness> {
    try {
      const value: unknown = JSON.parse(await readFile(this.path, 'utf8'));
      if (isKept(value)) return { trippedAt: null, ...value };
      throw new Error('It is not what a hub writes.');
    } catch (error) {
      if (isMissing(error)) return NOTHING_SEEN;
      this.log.warn('what was sent last cannot be read from disk: sends are compared with Twilio first', {
        file: NAME,
        error: String(error),
      });
      return UNREADABLE;
    }
  }

  /** Keeps it, whole or not at all; a disk that refuses is said and survived. */
  async write(witness: Witness): Promise<void> {
    const beside = `${this.path}.${process.pid}`;
    try {
      await mkdir(this.settings.DATA_DIR, { recursive: true });
      await writeFile(beside, JSON.stringify(witness), { mode: 0o600, flush: true });
      await rename(beside, this.path);
    } catch (error) {
      this.log.warn('what was sent last cannot be remembered on disk', { error: String(error) });
    }
  }
}

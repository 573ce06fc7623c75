import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Injectable } from '@nestjs/common';
import { Configuration, Log } from '#libs/platform';

import { NOTHING_SEEN, type Witness } from './witness.domain.js';

const NAME = 'sends-witness.json';

const isWitness = (value: unknown): value is Witness =>
  typeof value === 'object' &&
  value !== null &&
  'installation' in value &&
  typeof value.installation === 'string' &&
  'seq' in value &&
  typeof value.seq === 'number' &&
  'checkedAt' in value &&
  typeof value.checkedAt === 'number';

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

  /** What was written last; nothing when there is none, or it cannot be read. */
  async read(): Promise<Witness> {
    try {
      const value: unknown = JSON.parse(await readFile(this.path, 'utf8'));
      return isWitness(value) ? value : NOTHING_SEEN;
    } catch {
      return NOTHING_SEEN;
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

import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

import { Injectable } from '@nestjs/common';
import { Configuration, Sealer } from '#libs/platform';

import { syncFolder } from '../sync-folder.js';

const NAME = 'snapshot.sealed';

/** The routing snapshot on disk: sealed, and replaced as a whole or not at all. */
@Injectable()
export class SnapshotFile {
  constructor(
    private readonly settings: Configuration,
    private readonly sealer: Sealer,
  ) {}

  async write(slices: Readonly<Record<string, unknown>>): Promise<void> {
    const folder = this.settings.DATA_DIR;
    await mkdir(folder, { recursive: true });
    const temporary = join(folder, `${NAME}.${process.pid}`);
    const file = await open(temporary, 'w', 0o600);
    try {
      await file.writeFile(this.sealer.seal(JSON.stringify(slices), NAME));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, join(folder, NAME));
    await syncFolder(folder);
  }

  /** The slices as they were written last; null when there are none. @throws when the seal is broken. */
  async read(): Promise<Readonly<Record<string, unknown>> | null> {
    const sealed = await readFile(join(this.settings.DATA_DIR, NAME), 'utf8').catch(() => null);
    if (sealed === null) return null;
    return JSON.parse(this.sealer.open(sealed, NAME).toString('utf8')) as Record<string, unknown>;
  }
}

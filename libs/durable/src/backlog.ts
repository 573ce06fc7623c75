import { Injectable } from '@nestjs/common';
import { Db } from '#libs/platform';

import { Refuge } from './refuge.js';
import { Spool } from './spool/spool.js';

/** How long other hosts are given, once the database is back, to bring what waits on their disks. */
const OTHERS_DRAIN_MS = 90_000;
/** Longer than this nobody waits for a disk: a call that is older is not texted any more. */
const AT_MOST_MS = 10 * 60_000;

/** What was answered and may not be in the database yet: as long as something is, silence says nothing. */
@Injectable()
export class Backlog {
  constructor(
    private readonly db: Db,
    private readonly spool: Spool,
    private readonly refuge: Refuge,
  ) {}

  /**
   * How long nothing has to be heard of something, in milliseconds, before that says that nothing comes: 0, unless words
   * of it may wait here, or, when it began before the database was back, elsewhere; nobody knows how long (Infinity)
   * while the database has not been back for long enough to bring them.
   * @param ageMs how long ago it began, in milliseconds
   */
  silenceTellsAfterMs(ageMs: number): number {
    const { backForMs } = this.db;
    const here = this.spool.size.records + this.refuge.size > 0;
    const elsewhere = backForMs < OTHERS_DRAIN_MS && ageMs > backForMs;
    if (!here && !elsewhere) return 0;
    return backForMs < AT_MOST_MS ? Number.POSITIVE_INFINITY : AT_MOST_MS;
  }
}

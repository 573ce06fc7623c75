import { Injectable } from '@nestjs/common';
import { Db } from '#libs/platform';

import { silenceTellsAfterMs } from './backlog.domain.js';
import { Refuge } from './refuge.js';
import { Spool } from '../spool/spool.js';

/** What was answered and may not be in the database yet: as long as something is, silence says nothing. */
@Injectable()
export class Backlog {
  constructor(
    private readonly db: Db,
    private readonly spool: Spool,
    private readonly refuge: Refuge,
  ) {}

  /** How long something has to be silent, in milliseconds, before that tells; so long ago it began, in milliseconds. */
  silenceTellsAfterMs(ageMs: number): number {
    const { backForMs, awayForMs } = this.db;
    const isHere = this.spool.awaited + this.refuge.size > 0;
    return silenceTellsAfterMs({ isHere, backForMs, awayForMs }, ageMs);
  }
}

import { databaseBlackHole, databaseFreeze, databaseStop } from './database.mjs';
import { gap } from './gap.mjs';
import { kill } from './kill.mjs';
import { rolling } from './rolling.mjs';
import { shutdown } from './shutdown.mjs';
import { steady } from './steady.mjs';
import { takeoverRace } from './takeover-race.mjs';
import { workerKilled } from './worker-killed.mjs';

/** Every row of the suite, in the order of the short form. */
export const rows = {
  steady,
  kill,
  'database-stop': databaseStop,
  'database-freeze': databaseFreeze,
  'database-black-hole': databaseBlackHole,
  rolling,
  shutdown,
  gap,
  'takeover-race': takeoverRace,
  'worker-killed': workerKilled,
};

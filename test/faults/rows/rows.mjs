import { clockSkew } from './clock-skew.mjs';
import { coldStart } from './cold-start.mjs';
import { commitCut } from './commit-cut.mjs';
import { databaseBlackHole, databaseFreeze, databaseStop } from './database.mjs';
import { diskFull } from './disk-full.mjs';
import { gap } from './gap.mjs';
import { killSends } from './kill-sends.mjs';
import { kill } from './kill.mjs';
import { lateAcceptance } from './late-acceptance.mjs';
import { rolling } from './rolling.mjs';
import { shutdown } from './shutdown.mjs';
import { steady } from './steady.mjs';
import { takeoverRace } from './takeover-race.mjs';
import { workerKilled } from './worker-killed.mjs';

/** Every row of the suite, in the order of the short form: the longest of those that run beside others comes first. */
export const rows = {
  steady,
  'cold-start': coldStart,
  'database-stop': databaseStop,
  'database-freeze': databaseFreeze,
  'database-black-hole': databaseBlackHole,
  'worker-killed': workerKilled,
  'commit-cut': commitCut,
  'disk-full': diskFull,
  rolling,
  gap,
  kill,
  'kill-sends': killSends,
  shutdown,
  'late-acceptance': lateAcceptance,
  'takeover-race': takeoverRace,
  'clock-skew': clockSkew,
};

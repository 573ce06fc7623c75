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

/** Every row of the suite, in the order of the short form: the longest comes first. */
export const rows = {
  steady,
  'worker-killed': workerKilled,
  gap,
  kill,
  'database-stop': databaseStop,
  'database-freeze': databaseFreeze,
  'kill-sends': killSends,
  'disk-full': diskFull,
  shutdown,
  rolling,
  'takeover-race': takeoverRace,
  'cold-start': coldStart,
  'late-acceptance': lateAcceptance,
  'clock-skew': clockSkew,
  'database-black-hole': databaseBlackHole,
  'commit-cut': commitCut,
};

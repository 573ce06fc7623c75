import { databaseBlackHole, databaseFreeze, databaseStop } from './database.mjs';
import { kill } from './kill.mjs';
import { rolling } from './rolling.mjs';
import { shutdown } from './shutdown.mjs';

/** Every row of the suite, in the order of the short form. */
export const rows = {
  kill,
  'database-stop': databaseStop,
  'database-freeze': databaseFreeze,
  'database-black-hole': databaseBlackHole,
  rolling,
  shutdown,
};

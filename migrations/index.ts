import { Foundation1763820000000 } from './1763820000000-foundation.js';
import { Tenants1763820100000 } from './1763820100000-tenants.js';
import { CallsAndMessages1763820200000 } from './1763820200000-calls-and-messages.js';
import { AnalyticsAndIntegrations1763820300000 } from './1763820300000-analytics-and-integrations.js';
import { EventFollowers1763820400000 } from './1763820400000-event-followers.js';
import { AnsweredByTwilio1763820500000 } from './1763820500000-answered-by-twilio.js';
import { ImportMarks1763820600000 } from './1763820600000-import-marks.js';
import { SendAttempts1763820700000 } from './1763820700000-send-attempts.js';
import { Restores1763820710000 } from './1763820710000-restores.js';
import { RecalledTexts1763820720000 } from './1763820720000-recalled-texts.js';
import { WhenEventsCame1763820725000 } from './1763820725000-when-events-came.js';
import { AskedEnds1763820730000 } from './1763820730000-asked-ends.js';

/** The one linear history of the schema; a new migration goes to the end. */
export const migrations = [
  Foundation1763820000000,
  Tenants1763820100000,
  CallsAndMessages1763820200000,
  AnalyticsAndIntegrations1763820300000,
  EventFollowers1763820400000,
  AnsweredByTwilio1763820500000,
  ImportMarks1763820600000,
  SendAttempts1763820700000,
  Restores1763820710000,
  RecalledTexts1763820720000,
  WhenEventsCame1763820725000,
  AskedEnds1763820730000,
];

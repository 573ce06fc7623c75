import type { INestApplicationContext } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { GAP_IMPORT, GapImport } from '#libs/twilio';

/** After a first reading of these accounts' lists, each test says itself when they are read. */
export const readListsByHand = async (
  app: INestApplicationContext,
  accountSids: readonly string[],
): Promise<void> => {
  app.get(SchedulerRegistry).deleteInterval(GAP_IMPORT);
  for (const accountSid of accountSids) await app.get(GapImport).run(accountSid);
};

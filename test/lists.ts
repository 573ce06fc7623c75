import type { INestApplicationContext } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { GAP_IMPORT, GapImport } from '#libs/twilio';

import type { Sandbox } from '../apps/sandbox/src/sandbox.js';

interface Listed {
  createdAt: number;
  endedAt?: number | null;
}

interface Lists {
  readonly messages: { find(accountSid: string, sid: string): Listed | undefined };
  readonly exchange: { readonly calls: Lists['messages'] };
}

/** Lets Twilio's list say that a text or call happened so many minutes ago. */
export const happened = (
  { sandbox }: { readonly sandbox: Sandbox },
  sid: string,
  minutes: number,
  accountSid = `AC${'1'.repeat(32)}`,
): void => {
  const { messages, exchange } = (sandbox as unknown as { parts: Lists }).parts;
  const message = messages.find(accountSid, sid);
  if (message !== undefined) message.createdAt -= minutes * 60_000;
  const call = exchange.calls.find(accountSid, sid);
  if (call === undefined) return;
  call.createdAt -= minutes * 60_000;
  call.endedAt = (call.endedAt ?? Date.now()) - minutes * 60_000;
};

/** After a first reading of these accounts' lists, each test says itself when they are read. */
export const readListsByHand = async (
  app: INestApplicationContext,
  accountSids: readonly string[],
): Promise<void> => {
  app.get(SchedulerRegistry).deleteInterval(GAP_IMPORT);
  for (const accountSid of accountSids) await app.get(GapImport).run(accountSid);
};

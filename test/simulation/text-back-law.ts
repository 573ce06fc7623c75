import type { Settings } from './hub/ground.js';
import type { Message } from './rows.js';
import type { Tx } from './store.js';
import { MINUTE } from './world.js';

const LATE_MS = 10 * MINUTE;
const LIVE_MS = 30 * MINUTE;
const PREFIX_MS = 10 * MINUTE;

/** The law that a text-back breaks which is queued in this transaction; null when it breaks none. */
export const textBackLaw = (tx: Tx, { contact }: Message, settings: Settings): string | null => {
  const { textBackCooldownMinutes, prefixTextBackCap } = settings;
  const said = tx.all('messages').filter(({ status }) => status !== 'suppressed');
  const within = (ms: number): readonly Message[] => said.filter(({ createdAt }) => createdAt > tx.now - ms);
  const textBacks = (ms: number): readonly Message[] =>
    within(ms).filter(({ purpose }) => purpose === 'text-back');
  const cooling = textBacks(textBackCooldownMinutes * MINUTE).filter((one) => one.contact === contact);
  if (cooling.length > 1) return `${contact} is texted back again`;
  if (prefixTextBackCap !== null && textBacks(PREFIX_MS).length > prefixTextBackCap)
    return `${contact} is one text-back too many for numbers like it`;
  const written = within(LIVE_MS).filter(
    ({ conversation, author }) => conversation === contact && author !== 'system',
  );
  if (written.length > 0) return `${contact} is texted back in the middle of a conversation`;
  const ended = tx.changes.flatMap((one) => (one.table === 'calls' ? [one.after?.endedAt ?? tx.now] : []));
  return ended.some((at) => at <= tx.now - LATE_MS) ? `${contact} is texted back too late` : null;
};

import type { Call, Conversation, Message } from './rows.js';
import type { Change, Tx } from './store.js';
import type { World } from './world.js';

const clock = (at: number | null): string => (at === null ? '-' : new Date(at).toISOString().slice(11, 23));

const ofMessage = ({ id, contact, author, purpose, body, status, sid, attempts }: Message): string => {
  const tries = attempts.map((one) => `${one.id}:${one.outcome}/${one.absences}`).join(' ');
  return `${id} ${contact} ${author} ${purpose} "${body}" is ${status} ${sid ?? ''} ${tries}`;
};

const ofConversation = (row: Conversation): string => {
  const waits = `waits since ${clock(row.waitingSince)}, AI at ${clock(row.aiTakeoverAt)}`;
  return `${row.id} is ${row.status}, ${row.handler}'s in epoch ${row.epoch}, ${waits}`;
};

const ofCall = ({ sid, outcome, status, missedReason, evidence }: Call): string =>
  `${sid} ${outcome ?? status} ${missedReason ?? ''} by ${Object.keys(evidence).join(' ')}`;

/** What changed, in a line; null for what tells nothing. */
const lineOf = ({ table, after }: Change): string | null => {
  if (after === undefined) return null;
  if (table === 'messages') return ofMessage(after);
  if (table === 'conversations') return ofConversation(after);
  if (table === 'calls') return ofCall(after);
  if (table !== 'contacts') return null;
  return `${after.number} ${after.optedOutAt === null ? 'may be texted' : 'opted out'}`;
};

/** Tells what every commit changed, for whoever reads the history of a seed. */
export class Chronicle {
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  committed({ changes }: Tx): void {
    if (!this.world.tracing) return;
    for (const change of changes) {
      const line = lineOf(change);
      if (line !== null) this.world.say(() => `    ${line}`);
    }
  }
}

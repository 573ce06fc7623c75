import { settled } from './replayed-history.js';
import type { Invariants } from './invariants.js';
import type { Watched } from './watched.js';
import type { Exchange } from './outside/exchange.js';
import type { Receiver } from './outside/receiver.js';
import type { Message } from './rows.js';
import { lieAbout } from './truths.js';

/** Where a text may stay for ever. */
const ENDS: readonly string[] = [
  'received',
  'accepted',
  'sent',
  'delivered',
  'undelivered',
  'failed',
  'held',
  'canceled',
  'suppressed',
];

/** What must be so once nothing goes wrong any more and everything has come to rest (13 and 14). */
export const checkAtRest = (
  watched: Watched,
  invariants: Invariants,
  { exchange, receiver }: { readonly exchange: Exchange; readonly receiver: Receiver },
): void => {
  const { store, hosts, carrier, world } = watched;
  const { tables } = store;
  const holds = (condition: boolean, otherwise: string): void => invariants.holds(condition, 13, otherwise);

  for (const { task, about } of tables.jobs.values()) holds(false, `the alarm ${task} ${about} never ends`);
  for (const host of hosts) holds(host.disk.waiting().length === 0, `${host.name} has events on its disk`);
  for (const message of tables.messages.values()) checkText(message, holds);
  for (const text of carrier.texts) {
    if (text.direction === 'inbound') holds(tables.sids.has(text.sid), `${text.sid} of a customer is lost`);
    else
      holds(
        isKnown(tables.messages.get(text.sent?.messageId ?? ''), text.sid, invariants),
        `${text.sid} is nobody's`,
      );
  }
  for (const call of exchange.calls) {
    const known = tables.calls.get(call.sid);
    holds(known !== undefined && known.outcome !== null, `nobody knows what ${call.sid} came to`);
    const lie = known === undefined ? null : lieAbout(call, known, tables.events);
    invariants.holds(lie === null, 16, lie ?? '');
    holds(
      known?.outcome !== 'missed' || known.textBacks.length === 1,
      `${call.sid} was missed, and nobody cared`,
    );
  }
  for (const {
    id,
    handler,
    waitingSince,
    status,
    aiTakeoverAt,
    aiBarred,
    heldSince,
  } of tables.conversations.values()) {
    const isOut = tables.contacts.get(id)?.optedOutAt != null;
    holds(aiTakeoverAt === null || aiTakeoverAt > world.now, `the timer of ${id} never rang`);
    const isForgotten = handler === 'ai' && waitingSince !== null && status === 'open' && !isOut;
    holds(!isForgotten, `${id} waits for ever for the AI`);
    const isNobodys =
      handler === 'unassigned' && waitingSince !== null && aiTakeoverAt === null && status === 'open';
    const isForHumans = aiBarred || heldSince !== null || isOut;
    holds(!isNobodys || isForHumans, `${id} waits for ever, and no timer runs`);
  }
  for (const { eventId, status } of tables.deliveries.values()) {
    holds(status === 'delivered', `${eventId} was never told`);
    holds(
      receiver.taken.some((one) => one.eventId === eventId),
      `${eventId} never arrived`,
    );
  }
  settled(watched, invariants);
};

const checkText = (message: Message, holds: (condition: boolean, otherwise: string) => void): void => {
  const { id, status, errorCode, conversation } = message;
  holds(ENDS.includes(status), `${id} is ${status} for ever`);
  holds(status !== 'failed' || errorCode !== null, `${id} failed without a reason`);
  holds(conversation !== null, `${id} is in no thread`);
};

/** An accepted text is bound to its message; a held or discarded one may be, unknown to us. */
const isKnown = (message: Message | undefined, sid: string, { resent }: Invariants): boolean => {
  if (message === undefined) return false;
  const isGivenUp = message.status === 'held' || message.errorCode === 'discarded' || resent.has(message.id);
  return isGivenUp || message.attempts.some((one) => one.sid === sid);
};

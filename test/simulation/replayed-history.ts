import type { InboxEvent } from '../../libs/durable/src/inbox/webhook-events.js';
import { step } from '../../libs/sms/src/sending/send.domain.js';
import type { Send } from '../../libs/sms/src/sending/send-state.domain.js';
import type { Invariants } from './invariants.js';
import type { Watched } from './watched.js';
import type { Message } from './rows.js';
import { cameTooLate } from './truths.js';
import { hear, inWords, UNHEARD, verdictOf } from './verdicts.js';

/** The verdict over a call's events in some order, all heard before anybody loses patience. */
const verdictOver = (events: readonly InboxEvent[]): string => verdictOf(events.reduce(hear, UNHEARD));

/** What callbacks in some order make of a text whose attempts were opened, and nothing else heard of. */
const statusOver = (message: Message, callbacks: readonly InboxEvent[], windowMs: number): Send => {
  const attempts = message.attempts.map((one) => ({
    ...one,
    outcome: 'open' as const,
    sid: null,
    code: null,
  }));
  const opened: Send = { ...message, status: 'sending', sid: null, errorCode: null, attempts };
  return callbacks.reduce((send, { sid, params, context }) => {
    const { MessageStatus: word = '', ErrorCode: code = null } = params;
    const attemptId = context['attemptId'] ?? '';
    return step(send, { kind: 'called-back', at: 0, attemptId, sid, word, code }, { windowMs }).send;
  }, opened);
};

/** 14: the whole history again, in another order, into an empty hub: the same verdicts, the same statuses. */
export const settled = ({ store, world, settings }: Watched, invariants: Invariants): void => {
  const { tables } = store;
  const applied = [...tables.events.values()]
    .filter(({ verdict }) => verdict === 'applied')
    .toSorted((a, b) => a.order - b.order)
    .map(({ event }) => event);
  const history = Map.groupBy(applied, ({ kind, sid, context }) =>
    kind === 'sms.status' ? (context['messageId'] ?? '') : sid,
  );
  const holds = (condition: boolean, otherwise: string): void => invariants.holds(condition, 14, otherwise);
  for (const call of tables.calls.values()) {
    const events = history.get(call.sid) ?? [];
    const verdict = verdictOver(events);
    const other = verdictOver(world.random.shuffled(events));
    holds(verdict === other, `${call.sid}: ${verdict} in order, ${other} in another`);
    const lived = inWords(call.outcome, call.missedReason);
    holds(verdict === lived || cameTooLate(call), `${call.sid}: ${lived} as it was lived, ${verdict} again`);
  }
  for (const message of tables.messages.values()) {
    const callbacks = history.get(message.id) ?? [];
    if (new Set(callbacks.map(({ sid }) => sid)).size !== 1) continue;
    const again = statusOver(message, world.random.shuffled(callbacks), settings.windowMs);
    holds(
      again.status === message.status,
      `${message.id}: ${message.status} as it was lived, ${again.status} again`,
    );
    holds(again.sid === message.sid, `${message.id}: ${message.sid} as it was lived, ${again.sid} again`);
  }
};

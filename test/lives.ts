import fc from 'fast-check';

import type { NewEvent } from '#libs/durable';

/** The fact tables, as their rows should come out. */
export type Facts = Record<'calls' | 'messages' | 'conversations', Record<string, unknown>[]>;
/** What happened to one thing, and the row it should leave. */
export type Life = {
  readonly events: readonly NewEvent[];
  readonly facts: Partial<Record<keyof Facts, object>>;
};

export const NUMBERS = ['01890000-0000-7000-8000-000000000001', '01890000-0000-7000-8000-000000000002'];
const CONTACTS = ['01890000-0000-7000-9000-000000000001', '01890000-0000-7000-9000-000000000002'];
const HANDLERS = ['unassigned', 'human', 'ai'] as const;

const time = fc
  .date({ min: new Date('2026-01-01'), max: new Date('2026-12-31'), noInvalidDate: true })
  .map((at) => at.toISOString());
const number = fc.constantFrom(...NUMBERS);

const callLife = fc
  .record({
    id: fc.uuid(),
    phoneNumberId: number,
    startedAt: time,
    endedAt: time,
    verdicts: fc.constantFrom<readonly string[]>(
      [],
      ['answered'],
      ['missed'],
      ['rejected'],
      ['answered', 'missed'],
    ),
    reason: fc.constantFrom('no-answer', 'busy', 'abandoned', 'voicemail'),
    messageId: fc.option(fc.uuid()),
  })
  .map(({ id, phoneNumberId, startedAt, endedAt, verdicts, reason, messageId }): Life => {
    const view = { id, phoneNumberId, startedAt, endedAt: null, outcome: null, missedReason: null };
    const said = (type: string, data: object): NewEvent => ({ type, subjectId: id, data: { ...data } });
    const ends = verdicts.map((outcome, index) => {
      const missedReason = outcome === 'missed' ? reason : null;
      return said('call.ended', {
        ...view,
        endedAt,
        outcome,
        missedReason,
        revision: index + 1,
        rangSeconds: 4,
      });
    });
    const isMissed = verdicts.at(-1) === 'missed';
    const decided = { callId: id, phoneNumberId, messageId, sent: messageId !== null };
    const textBack = isMissed ? [said('text-back.decided', decided)] : [];
    // a call whose start is heard last carries the verdict that it already has, without its revision
    const late = { ...view, outcome: verdicts.at(0) ?? null };
    return {
      events: [said('call.started', late), ...ends, ...textBack],
      facts: {
        calls: {
          call_id: id,
          phone_number_id: phoneNumberId,
          started_at: new Date(startedAt),
          ended_at: verdicts.length === 0 ? null : new Date(endedAt),
          revision: verdicts.length,
          outcome: verdicts.at(-1) ?? null,
          missed_reason: isMissed ? reason : null,
          text_back_message_id: isMissed ? messageId : null,
        },
      },
    };
  });

const messageLife = fc
  .record({
    id: fc.uuid(),
    phoneNumberId: number,
    contactId: fc.constantFrom(...CONTACTS),
    author: fc.constantFrom('customer', 'human', 'ai', 'system'),
    createdAt: time,
    sentAt: fc.option(time),
    statuses: fc.subarray(['sent', 'delivered']),
  })
  .map(({ id, phoneNumberId, contactId, author, createdAt, sentAt, statuses }): Life => {
    const direction = author === 'customer' ? 'inbound' : 'outbound';
    const view = {
      id,
      phoneNumberId,
      contactId,
      author,
      direction,
      createdAt,
      body: 'text',
      conversationId: null,
    };
    const said = (type: string, more: object): NewEvent => ({
      type,
      subjectId: id,
      data: { ...view, ...more },
    });
    const left =
      sentAt === null
        ? [said('message.status', { sentAt: null, status: 'failed' })]
        : [
            said('message.status', { sentAt: null, status: 'held' }),
            said('message.sent', { sentAt, status: 'accepted' }),
            ...statuses.map((status) => said('message.status', { sentAt, status })),
          ];
    return {
      events: direction === 'inbound' ? [said('message.received', { sentAt: null })] : left,
      facts: {
        messages: {
          message_id: id,
          phone_number_id: phoneNumberId,
          contact_id: contactId,
          direction,
          author,
          created_at: new Date(createdAt),
          sent_at: direction === 'inbound' || sentAt === null ? null : new Date(sentAt),
        },
      },
    };
  });

const conversationLife = fc
  .record({
    id: fc.uuid(),
    phoneNumberId: number,
    createdAt: time,
    steps: fc.array(fc.constantFrom(...HANDLERS), { maxLength: 4 }),
    closes: fc.boolean(),
  })
  .map(({ id, phoneNumberId, createdAt, steps, closes }): Life => {
    const at = (epoch: number) => ({
      id,
      phoneNumberId,
      createdAt,
      epoch,
      handler: epoch === 0 ? 'unassigned' : (steps[epoch - 1] ?? 'unassigned'),
    });
    const said = (type: string, epoch: number): NewEvent => ({ type, subjectId: id, data: at(epoch) });
    const changes = steps.map((_, index) => said('conversation.handler-changed', index + 1));
    const closed = closes ? [said('conversation.closed', steps.length)] : [];
    const { epoch, handler } = at(steps.length);
    return {
      events: [said('conversation.opened', 0), ...changes, ...closed],
      facts: {
        conversations: {
          conversation_id: id,
          phone_number_id: phoneNumberId,
          created_at: new Date(createdAt),
          epoch,
          handler,
        },
      },
    };
  });

const lives = fc.uniqueArray(fc.oneof(callLife, messageLife, conversationLife), {
  minLength: 1,
  maxLength: 12,
  selector: ({ events }) => events[0]?.subjectId,
});

/** What happened, and in which order, how often, it is heard. */
export const run = lives.chain((chosen) => {
  const events = chosen.flatMap((life) => life.events);
  const twice = [...events, ...events];
  return fc.record({
    lives: fc.constant(chosen),
    events: fc.constant(events),
    heard: fc.shuffledSubarray(twice, { minLength: twice.length, maxLength: twice.length }),
  });
});

/** The rows that these lives leave, in the order of their ids. */
export const expectedOf = (chosen: readonly Life[]): Facts => {
  const of = (table: keyof Facts, id: string): Record<string, unknown>[] =>
    chosen
      .flatMap(({ facts }) =>
        facts[table] === undefined ? [] : [{ ...facts[table] } as Record<string, unknown>],
      )
      .toSorted((a, b) => (String(a[id]) < String(b[id]) ? -1 : 1));
  return {
    calls: of('calls', 'call_id'),
    messages: of('messages', 'message_id'),
    conversations: of('conversations', 'conversation_id'),
  };
};

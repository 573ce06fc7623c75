/**
 * What Jepsen's total-queue checker does with a queue, done with webhooks and texts: everything that anybody heard of
 * is sorted into lost, doubled, unexpected and recovered. Pure: histories in, verdict out.
 */

/** One webhook of the generator's, or of the sandbox's about a text, and what came back. */
export interface Sent {
  /** What must be visible in the end, under a name that hub and generator can both work out. */
  readonly event: string;
  readonly kind: 'call' | 'dial' | 'status' | 'text' | 'callback';
  /** The call's or the message's. */
  readonly sid: string;
  /** The HTTP status; 0: no answer. */
  readonly status: number;
  /** The customer's number. */
  readonly from?: string;
  /** Of a call: whether nobody picks up. */
  readonly isMissed?: boolean;
}

/** A text that the sandbox took. */
export interface Accepted {
  readonly to: string;
  readonly sid: string;
}

/** What the hub shows in the end. */
export interface Visible {
  /** Events kept in the inbox, and how many rows each has. */
  readonly events: ReadonlyMap<string, number>;
  /** Inbound texts, by MessageSid: rows, and entries in a conversation. */
  readonly texts: ReadonlyMap<string, { readonly rows: number; readonly entries: number }>;
  /** Calls, by CallSid. */
  readonly calls: ReadonlyMap<
    string,
    { readonly rows: number; readonly entries: number; readonly outcome: string | null }
  >;
  /** Outgoing texts: one intent each. */
  readonly intents: readonly {
    readonly id: string;
    readonly to: string;
    readonly status: string;
    readonly errorCode: string | null;
  }[];
}

export interface History {
  readonly sent: readonly Sent[];
  readonly accepted: readonly Accepted[];
  readonly visible: Visible;
}

export interface Verdict {
  readonly sent: number;
  readonly acknowledged: number;
  /** Acknowledged with 200, and not visible: nobody will ever know. */
  readonly lost: readonly string[];
  /** Not acknowledged, and visible all the same: kept before the answer was lost, or imported. */
  readonly recovered: readonly string[];
  /** Calls and texts neither acknowledged nor visible: refused, and not healed. */
  readonly missing: readonly string[];
  /** Visible, and sent by nobody. */
  readonly unexpected: readonly string[];
  /** Texts at the sandbox beyond one for each intent, and intents beyond one for each missed call. */
  readonly doubledTexts: readonly string[];
  /** Rows or entries beyond one for each inbound SID, and inbox rows beyond one for each event. */
  readonly doubledEntries: readonly string[];
  /** Intents by where they ended. */
  readonly intents: {
    readonly accepted: number;
    readonly failed: number;
    readonly held: number;
    readonly open: number;
  };
  /** Failed without a reason, or accepted although the sandbox never took one. */
  readonly untold: readonly string[];
}

const ACCEPTED = ['accepted', 'sent', 'delivered', 'undelivered'];
const OPEN = ['queued', 'sending'];

const countBy = <T>(items: readonly T[], keyOf: (item: T) => string): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
};

/** Names of what has more than one, each as often as it has too many. */
const beyond = (counts: Iterable<readonly [string, number]>, allowed: (name: string) => number): string[] =>
  [...counts].flatMap(([name, count]) =>
    Array.from({ length: Math.max(0, count - allowed(name)) }, () => name),
  );

const isShown = ({ kind, sid, event }: Sent, { texts, calls, events }: Visible): boolean => {
  const isKept = events.has(event);
  if (kind === 'text') return texts.has(sid) && (texts.get(sid)?.entries ?? 0) > 0;
  if (kind === 'call') return calls.has(sid);
  return isKept;
};

/** Where a text that a missed call asked for may be. It is never suppressed: see the house's settings. */
const OWED = [...ACCEPTED, ...OPEN, 'held', 'failed'];

/** A missed call whose end was acknowledged is judged missed, and texted: an acknowledged event has its effect. */
const withoutEffect = ({ sent, visible }: History): string[] => {
  const ended = sent.filter(
    ({ kind, status, isMissed }) => kind === 'dial' && status === 200 && isMissed === true,
  );
  const owed = visible.intents.filter(({ status }) => OWED.includes(status));
  const texted = new Set(owed.map(({ to }) => to));
  return ended
    .filter(({ sid, from = '' }) => visible.calls.get(sid)?.outcome !== 'missed' || !texted.has(from))
    .map(({ event }) => `${event} (no text)`);
};

const doubledTextsOf = ({ sent, accepted, visible }: History): string[] => {
  const intents = countBy(visible.intents, ({ to }) => to);
  const missed = countBy(
    sent.filter(({ kind, isMissed }) => kind === 'call' && isMissed === true),
    ({ from = '' }) => from,
  );
  const isCaller = (to: string): boolean => missed.has(to);
  return [
    ...beyond(
      countBy(accepted, ({ to }) => to),
      (to) => intents.get(to) ?? 0,
    ),
    ...beyond(
      [...intents].filter(([to]) => isCaller(to)),
      (to) => missed.get(to) ?? 0,
    ),
  ];
};

const doubledEntriesOf = ({ texts, calls, events }: Visible): string[] => [
  ...beyond(
    [...texts].map(([sid, { rows }]) => [sid, rows] as const),
    () => 1,
  ),
  ...beyond(
    [...texts].map(([sid, { entries }]) => [sid, entries] as const),
    () => 1,
  ),
  ...beyond(
    [...calls].map(([sid, { rows }]) => [sid, rows] as const),
    () => 1,
  ),
  ...beyond(
    [...calls].map(([sid, { entries }]) => [sid, entries] as const),
    () => 1,
  ),
  ...beyond(events, () => 1),
];

const unexpectedOf = ({ sent, visible }: History): string[] => {
  const sids = new Set(sent.map(({ sid }) => sid));
  const events = new Set(sent.map(({ event }) => event));
  const isKnown = (event: string): boolean => events.has(event) || sids.has(event.split('|')[1] ?? '');
  const strange = [...visible.texts.keys(), ...visible.calls.keys()].filter((sid) => !sids.has(sid));
  return [...strange, ...[...visible.events.keys()].filter((event) => !isKnown(event))];
};

const intentsOf = ({ intents }: Visible): Verdict['intents'] => {
  const count = (statuses: readonly string[]): number =>
    intents.filter(({ status }) => statuses.includes(status)).length;
  const failed = count(['failed', 'suppressed', 'canceled']);
  return { accepted: count(ACCEPTED), failed, held: count(['held']), open: count(OPEN) };
};

const untoldOf = ({ accepted, visible }: History): string[] => {
  const taken = new Set(accepted.map(({ to }) => to));
  return visible.intents.flatMap(({ id, to, status, errorCode }) => {
    if (status === 'failed' && errorCode === null) return [`${id} failed without a reason`];
    return ACCEPTED.includes(status) && !taken.has(to) ? [`${id} was never taken`] : [];
  });
};

/** Sorts everything that happened. An intent that is still open is neither lost nor done: look again later. */
export const judgeHistory = (history: History): Verdict => {
  const { sent, visible } = history;
  const acknowledged = sent.filter(({ status }) => status === 200);
  const others = sent.filter(({ status }) => status !== 200);
  const isHealable = ({ kind }: Sent): boolean => kind === 'call' || kind === 'text';
  const nameOf = ({ event }: Sent): string => event;
  return {
    sent: sent.length,
    acknowledged: acknowledged.length,
    lost: [...acknowledged.filter((one) => !isShown(one, visible)).map(nameOf), ...withoutEffect(history)],
    recovered: others.filter((one) => isShown(one, visible)).map(nameOf),
    missing: others.filter((one) => isHealable(one) && !isShown(one, visible)).map(nameOf),
    unexpected: unexpectedOf(history),
    doubledTexts: doubledTextsOf(history),
    doubledEntries: doubledEntriesOf(visible),
    intents: intentsOf(visible),
    untold: untoldOf(history),
  };
};

import type { LedgerEntry } from '../ledger.js';

export interface TranscriptLine {
  readonly at: string;
  readonly event: string;
  readonly text: string;
  /** Who was at the other end. */
  readonly other: string | null;
  readonly sid: string;
  readonly mediaUrls?: readonly string[];
  /** For a text: when the REST request for it came in. */
  readonly acceptedAt?: string;
  /** For a text: milliseconds from the last missed call of this phone to that request. */
  readonly msSinceMiss?: number;
  /** For a text: milliseconds from the end of this phone's last call to that request; absent while it goes on. */
  readonly msSinceCallEnd?: number;
}

interface Times {
  missedAt?: number;
  endedAt?: number;
}

/** What one phone went through, oldest first. */
export function transcriptOf(entries: readonly LedgerEntry[], phone: string): TranscriptLine[] {
  const times: Times = {};
  return entries.flatMap((entry) => {
    if (entry.kind === 'call' && entry.from === phone && entry.parentCallSid === null) keepTime(times, entry);
    return entry.kind === 'phone' && entry.number === phone ? [lineOf(entry, times)] : [];
  });
}

function keepTime(times: Times, { event, at }: Extract<LedgerEntry, { kind: 'call' }>): void {
  if (event === 'missed') times.missedAt = Date.parse(at);
  if (event === 'ended') times.endedAt = Date.parse(at);
  if (event === 'started') delete times.endedAt;
}

function lineOf(
  entry: Extract<LedgerEntry, { kind: 'phone' }>,
  { missedAt, endedAt }: Times,
): TranscriptLine {
  const { at, event, text, other, sid, mediaUrls, acceptedAt } = entry;
  const line = { at, event, text, other, sid, ...(mediaUrls?.length ? { mediaUrls } : {}) };
  if (acceptedAt === undefined) return line;
  const accepted = Date.parse(acceptedAt);
  return {
    ...line,
    acceptedAt,
    ...(missedAt === undefined ? {} : { msSinceMiss: accepted - missedAt }),
    ...(endedAt === undefined ? {} : { msSinceCallEnd: accepted - endedAt }),
  };
}

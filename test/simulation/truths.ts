import { isFinal } from '../../libs/calls/src/evidence.domain.js';
import type { InboxEvent } from '../../libs/durable/src/inbox/webhook-events.js';
import { isPlainlyAnswered, looksAnswered, truthOf } from './outside/call-ends.js';
import type { PlacedCall } from './outside/exchange.js';
import type { Call, KeptEvent } from './rows.js';
import { inWords } from './verdicts.js';

/** Whether something was heard of it after somebody lost patience and judged. */
export const cameTooLate = ({ decided, evidence }: Call): boolean =>
  decided?.patience !== 'fresh' && Object.keys(evidence).length > (decided?.heard ?? 0);

/** Whether it was applied as it was said: what an import tells under the same key is less. */
const isApplied = (kept: KeptEvent | undefined, { params, context }: InboxEvent): boolean =>
  kept?.verdict === 'applied' &&
  JSON.stringify([kept.event.params, kept.event.context]) === JSON.stringify([params, context]);

/** How a verdict lies about a call that is over; null when it does not, as far as anybody could know. */
export const lieAbout = (
  { sid, end, said }: PlacedCall,
  call: Call,
  events: ReadonlyMap<string, KeptEvent>,
): string | null => {
  const verdict = inWords(call.outcome, call.missedReason);
  const truth = truthOf(end);
  if (verdict === truth) return null;
  const lie = `${sid} (${end}) was ${truth}, and is kept as ${verdict}`;
  if (verdict === 'answered' && !looksAnswered(end)) return `${lie}, which nothing that is lost explains`;
  const ends = said.filter(({ params }) => isFinal(params['CallStatus'] ?? ''));
  const isListed = ends.every(({ key }) => events.get(key)?.verdict === 'applied');
  if (isPlainlyAnswered(end) && isListed && !cameTooLate(call)) return `${lie}, although its ends were heard`;
  if (!said.every((event) => isApplied(events.get(event.key), event))) return null;
  if (verdict === 'answered') return `${lie}, although all was heard in the end`;
  return cameTooLate(call) ? null : `${lie}, although all was heard in time`;
};

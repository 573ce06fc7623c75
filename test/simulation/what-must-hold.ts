/**
 * What must hold after every event. The numbers are the design's, so some are missing.
 *
 * Not here: 9, leases, for the alarms promise nothing but "at least once", and the sends' fence is the row (2, 3); 11,
 * tenants, for there is one; 12 as far as it goes beyond the caps that exist, since nothing is charged; 15, the audit
 * chain, which the hub does not have. What locks do in PostgreSQL is taken for granted: transactions follow each other.
 */
export const INVARIANTS = {
  1: 'what was acknowledged is on a disk or in the store',
  2: 'a text has one SID, and Twilio accepts it once, unless a person wanted it again',
  3: 'nothing leaves without a committed attempt, each leaves once, one of a conversation at a time',
  4: 'a status never falls, and a last one stays, but for proof',
  5: 'nothing goes to whoever opted out',
  6: 'the AI takes over once an epoch, in time, and every change of hands ends the epoch',
  7: 'nothing automatic is sent after a reply, nor after such texts were canceled, and the AI speaks in the epoch it thought in',
  8: 'a caller is texted back once per call and cooldown, in time, and not within a conversation',
  10: 'what is told was committed, and in its order',
  12: 'no cap is passed',
  13: 'everything comes to rest once nothing goes wrong: nobody waits for ever, nothing is lost',
  14: 'the same history in another order ends the same',
  16: 'a verdict is given once, changes at most once, from answered to missed, and is true where all was heard in time',
  17: 'an emergency, and a doubtful refusal, are for people and not for the AI',
} as const;
export type Invariant = keyof typeof INVARIANTS;

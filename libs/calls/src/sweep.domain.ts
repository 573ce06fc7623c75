/** A call of which nothing more is heard is swept this long after it was let ring. */
const MARGIN_SECONDS = 60;
/** A look at a call that is so late has lost its alarm. */
export const OVERDUE_SECONDS = 2;
/** Twilio ends a call after four hours (<Dial timeLimit>, 14,400 s). */
export const LONGEST_CALL_SECONDS = 14_400 + 60;

/** How long nothing may be heard of a call before it is swept, in seconds. */
export const sweepAfterSeconds = (ringSeconds = MARGIN_SECONDS): number => ringSeconds + MARGIN_SECONDS;

/** An attempt may leave for so long after it was opened; a process that was frozen in between lets it be. */
export const MAY_LEAVE_MS = 15_000;
/** An answer that cannot be written down is tried again so often, so far apart; then the attempt's look finds it out. */
export const SETTLE_TRIES = 30;
export const SETTLE_AGAIN_MS = 1_000;
/** What is being settled right now is over in a moment. */
export const SETTLED_AGAIN_MS = 300;
/** A conversation whose way is not free is looked at again, should whoever frees it forget. */
export const BLOCKED_AGAIN_MS = 20_000;
/** A look that is so late has lost its alarm. */
export const LOOK_OVERDUE_SECONDS = 30;
/** Texts alike that were sent within this time may be taken for one another in Twilio's list. */
export const ALIKE_MINUTES = 30;

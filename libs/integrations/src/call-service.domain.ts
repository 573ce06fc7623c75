/** What AS-Call-Service is told of a call: that it came in, and that nobody took it. */
export type DeliveryKind = 'incoming' | 'missed';

/** A `missed` whose `incoming` was never recorded goes out after this long. */
export const HOLD_SECONDS = 30;
/** A sender that said nothing for so long is believed dead; three times the time-out. */
export const LEASE_SECONDS = 15;

/** A call as its events carry it. */
export interface ToldCall {
  readonly callSid: string;
  readonly from: string;
  readonly to: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly missedReason: string | null;
  readonly durationSeconds: number | null;
}

/** Bodies as the contract has them (contract.md, section 7); times are ISO 8601, durations seconds. */
export const bodyOf = (
  kind: DeliveryKind,
  tenantId: string,
  call: ToldCall,
): Readonly<Record<string, unknown>> => {
  switch (kind) {
    case 'incoming':
      return {
        CallSid: call.callSid,
        From: call.from,
        To: call.to,
        CallStatus: 'ringing',
        Direction: 'inbound',
        tenantId,
        timestamp: call.startedAt,
      };
    case 'missed':
      return {
        callSid: call.callSid,
        callStatus: call.missedReason,
        callDuration: call.durationSeconds ?? 0,
        endTime: call.endedAt,
        tenantId,
      };
  }
};

const LONGEST_SECONDS = 300;

/**
 * How long to wait after so many attempts, in seconds: 1 s, doubled each time up to 5 minutes, a quarter more or
 * less, so that what failed together does not come back together. `chance` is at least 0 and below 1.
 */
export const waitSeconds = (attempts: number, chance: number): number =>
  Math.min(LONGEST_SECONDS, 2 ** Math.min(attempts - 1, 10)) * (0.75 + chance / 2);

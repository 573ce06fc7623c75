/** What the forward phone does. */
export type Behaviour = 'answer' | 'no-answer' | 'busy' | 'failed' | 'voicemail' | 'decline';

export interface Callee {
  readonly behaviour: Behaviour;
  /** Telephone seconds until it does so; without it 1, and for `no-answer` the whole timeout. */
  readonly afterSeconds?: number | undefined;
  /** The digits pressed when a `<Gather>` asks for them. A voicemail presses nothing. */
  readonly presses?: string | undefined;
  /** How long it talks before it hangs up, 2 without it. */
  readonly talkSeconds?: number | undefined;
}

/** A call to play. Seconds are telephone seconds, fractions allowed. */
export interface CallScript {
  readonly from: string;
  readonly to: string;
  readonly callee?: Callee | undefined;
  /** Who behaves differently, by number, when several phones ring. */
  readonly callees?: Readonly<Record<string, Callee>> | undefined;
  /** Counted from the start of the call. */
  readonly callerHangsUpAfterSeconds?: number | undefined;
  readonly callerPresses?: string | undefined;
  /** How long the caller speaks into a `<Record>`, 2 without it. */
  readonly callerRecordsSeconds?: number | undefined;
  /** Whether a caller hanging up while it rings still brings the Dial action; without it only a plain Dial does. */
  readonly actionOnHangup?: boolean | undefined;
  readonly stirVerstat?: string | undefined;
  readonly callerName?: string | undefined;
  readonly forwardedFrom?: string | undefined;
}

const NOBODY_HOME: Callee = { behaviour: 'no-answer' };

/** Who picks up (or not) at this number. */
export const calleeAt = (script: CallScript, number: string): Callee =>
  script.callees?.[number] ?? script.callee ?? NOBODY_HOME;

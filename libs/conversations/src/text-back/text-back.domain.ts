/** What decides whether a missed caller is texted, beside the rules that every text passes. */
export interface TextBackInput {
  readonly enabled: boolean;
  readonly textable: boolean;
  /** Only a caller who gave up is measured; null when nobody knows how long it rang. */
  readonly abandoned: boolean;
  readonly rangSeconds: number | null;
  readonly minRingSeconds: number;
  /** Minutes since the last text-back to this caller from this number; null when there was none. */
  readonly minutesSinceTextBack: number | null;
  readonly cooldownMinutes: number;
  /** Minutes since anybody wrote in the thread by hand or by AI; null when nobody did. */
  readonly minutesSinceWritten: number | null;
  /** Minutes since the last word of the call was heard: more than a few when we, or our database, were away. */
  readonly minutesSinceCall: number;
}

export interface Check {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly verdict: string;
}

/** A thread in which somebody wrote this recently needs no "sorry we missed you". */
const LIVE_MINUTES = 30;
/** A caller who was missed this long ago has called somebody else. */
export const LATE_MINUTES = 10;

const within = (minutes: number | null, limit: number): boolean => minutes !== null && minutes < limit;

const check = (name: string, refusal: string, refuses: boolean, input: Check['input']): Check => ({
  name,
  input,
  verdict: refuses ? refusal : 'pass',
});

/** The text-back's own checks, in order, those after the first refusal too. */
export const textBackChecks = (input: TextBackInput): readonly Check[] => {
  const { enabled, textable, abandoned, rangSeconds, minRingSeconds } = input;
  const { minutesSinceTextBack, cooldownMinutes, minutesSinceWritten, minutesSinceCall } = input;
  const tooShort = abandoned && within(rangSeconds, minRingSeconds);
  const live = within(minutesSinceWritten, LIVE_MINUTES);
  const cooling = within(minutesSinceTextBack, cooldownMinutes);
  return [
    check('text-back-enabled', 'disabled', !enabled, { enabled }),
    check('caller-textable', 'not-textable', !textable, { textable }),
    check('rang-long-enough', 'too-short', tooShort, { abandoned, rangSeconds, minRingSeconds }),
    check('soon-enough', 'too-late', minutesSinceCall >= LATE_MINUTES, { minutesSinceCall }),
    check('no-live-conversation', 'live-conversation', live, { minutesSinceWritten }),
    check('not-cooling-down', 'cooldown', cooling, { minutesSinceTextBack, cooldownMinutes }),
  ];
};

/** The order in which reasons are told when several hold. */
const TOLD = [
  'suspended',
  'disabled',
  'loop',
  'not-textable',
  'landline',
  'blocked',
  'opted-out',
  'too-short',
  'too-late',
  'live-conversation',
  'cooldown',
  'rate-capped',
];

/** The reason that the API shows; null when every check passes. */
export const refusalOf = (checks: readonly Check[]): string | null => {
  const said = new Set(
    checks.map(({ verdict }) => (verdict === 'destination-not-allowed' ? 'not-textable' : verdict)),
  );
  return TOLD.find((reason) => said.has(reason)) ?? null;
};

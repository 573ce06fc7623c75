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
}

export interface Check {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly verdict: string;
}

/** A thread in which somebody wrote this recently needs no "sorry we missed you". */
export const LIVE_MINUTES = 30;

/** The text-back's own checks, in order, those after the first refusal too. */
export const textBackChecks = (input: TextBackInput): readonly Check[] => {
  const { enabled, textable, abandoned, rangSeconds, minRingSeconds, minutesSinceTextBack, cooldownMinutes } = input;
  const tooShort = abandoned && rangSeconds !== null && rangSeconds < minRingSeconds;
  const live = input.minutesSinceWritten !== null && input.minutesSinceWritten < LIVE_MINUTES;
  const cooling = minutesSinceTextBack !== null && minutesSinceTextBack < cooldownMinutes;
  return [
    { name: 'text-back-enabled', input: { enabled }, verdict: enabled ? 'pass' : 'disabled' },
    { name: 'caller-textable', input: { textable }, verdict: textable ? 'pass' : 'not-textable' },
    { name: 'rang-long-enough', input: { abandoned, rangSeconds, minRingSeconds }, verdict: tooShort ? 'too-short' : 'pass' },
    { name: 'no-live-conversation', input: { minutesSinceWritten: input.minutesSinceWritten }, verdict: live ? 'live-conversation' : 'pass' },
    { name: 'not-cooling-down', input: { minutesSinceTextBack, cooldownMinutes }, verdict: cooling ? 'cooldown' : 'pass' },
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
  'live-conversation',
  'cooldown',
  'rate-capped',
];

/** The reason that the API shows; null when every check passes. */
export const refusalOf = (checks: readonly Check[]): string | null => {
  const said = new Set(checks.map(({ verdict }) => (verdict === 'destination-not-allowed' ? 'not-textable' : verdict)));
  return TOLD.find((reason) => said.has(reason)) ?? null;
};

import type { Purpose } from './message.domain.js';

/** Why a text may not go out. */
export type Refusal =
  | 'suspended'
  | 'opted-out'
  | 'blocked'
  | 'not-textable'
  | 'landline'
  | 'destination-not-allowed'
  | 'loop'
  | 'rate-capped';

/** What the rules look at; counts are of texts that went out or are about to. */
export interface SendingInput {
  readonly automatic: boolean;
  readonly purpose: Purpose;
  readonly suspended: boolean;
  readonly optedOut: boolean;
  readonly blocked: boolean;
  readonly textable: boolean;
  readonly lineType: string | null;
  readonly allowedDestination: boolean;
  readonly toHubNumber: boolean;
  /** Automatic texts in this conversation in the last hour. */
  readonly automaticLastHour: number;
  /** The tenant's texts in its local day; null without a cap. */
  readonly sentToday: number | null;
  readonly dailyMessageCap: number | null;
  /** Text-backs in the last ten minutes to numbers that share all but their last four digits; null without a cap. */
  readonly prefixTextBacks: number | null;
  readonly prefixTextBackCap: number | null;
}

export interface Check {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly verdict: string;
}

/** After an opt-out nothing goes out but its confirmation. */
export const optOutForbids = ({ optedOut, purpose }: Pick<SendingInput, 'optedOut' | 'purpose'>): boolean =>
  optedOut && purpose !== 'opt-out-confirmation';

/** What forbids a text that was queued before it held; null when nothing does. */
export const forbiddenSince = ({
  suspended,
  blocked,
}: Pick<SendingInput, 'suspended' | 'blocked'>): 'suspended' | 'blocked' | null => {
  if (suspended) return 'suspended';
  return blocked ? 'blocked' : null;
};

/** Automatic texts per conversation and hour; two machines that answer each other stop here. */
export const AUTOMATIC_PER_HOUR = 10;

interface Rule {
  readonly name: string;
  readonly refusal: Refusal | ((input: SendingInput) => Refusal);
  readonly looksAt: (input: SendingInput) => Readonly<Record<string, unknown>>;
  readonly refuses: (input: SendingInput) => boolean;
}

const reached = (count: number | null, cap: number | null): boolean => cap !== null && (count ?? 0) >= cap;

const RULES: readonly Rule[] = [
  {
    name: 'tenant-active',
    refusal: 'suspended',
    looksAt: ({ suspended }) => ({ suspended }),
    refuses: ({ suspended }) => suspended,
  },
  {
    name: 'not-opted-out',
    refusal: 'opted-out',
    looksAt: ({ optedOut, purpose }) => ({ optedOut, purpose }),
    refuses: optOutForbids,
  },
  {
    name: 'not-blocked',
    refusal: 'blocked',
    looksAt: ({ blocked }) => ({ blocked }),
    refuses: ({ blocked }) => blocked,
  },
  {
    name: 'textable',
    refusal: ({ lineType }) => (lineType === 'landline' ? 'landline' : 'not-textable'),
    looksAt: ({ textable, lineType }) => ({ textable, lineType }),
    refuses: ({ textable }) => !textable,
  },
  {
    name: 'allowed-destination',
    refusal: 'destination-not-allowed',
    looksAt: ({ allowedDestination }) => ({ allowedDestination }),
    refuses: ({ allowedDestination }) => !allowedDestination,
  },
  {
    name: 'no-loop',
    refusal: 'loop',
    looksAt: ({ toHubNumber, automatic }) => ({ toHubNumber, automatic }),
    refuses: ({ toHubNumber, purpose }) => toHubNumber && purpose === 'text-back',
  },
  {
    name: 'conversation-cap',
    refusal: 'rate-capped',
    looksAt: ({ automaticLastHour }) => ({ automaticLastHour, cap: AUTOMATIC_PER_HOUR }),
    refuses: ({ automatic, automaticLastHour }) => automatic && automaticLastHour >= AUTOMATIC_PER_HOUR,
  },
  {
    name: 'daily-cap',
    refusal: 'rate-capped',
    looksAt: ({ sentToday, dailyMessageCap }) => ({ sentToday, cap: dailyMessageCap }),
    refuses: ({ sentToday, dailyMessageCap }) => reached(sentToday, dailyMessageCap),
  },
  {
    name: 'prefix-cap',
    refusal: 'rate-capped',
    looksAt: ({ prefixTextBacks, prefixTextBackCap }) => ({ prefixTextBacks, cap: prefixTextBackCap }),
    refuses: ({ purpose, prefixTextBacks, prefixTextBackCap }) =>
      purpose === 'text-back' && reached(prefixTextBacks, prefixTextBackCap),
  },
];

export interface SendingVerdict {
  readonly checks: readonly Check[];
  /** The first refusal; null when the text may go out. */
  readonly refusal: Refusal | null;
}

/** Every rule about a text that is to go out, those after the first refusal too. */
export const mayBeSent = (input: SendingInput): SendingVerdict => {
  const refusalOf = (rule: Rule): Refusal =>
    typeof rule.refusal === 'function' ? rule.refusal(input) : rule.refusal;
  const judged = RULES.map((rule) => ({ rule, refused: rule.refuses(input) }));
  const first = judged.find(({ refused }) => refused);
  return {
    checks: judged.map(({ rule, refused }) => ({
      name: rule.name,
      input: rule.looksAt(input),
      verdict: refused ? refusalOf(rule) : 'pass',
    })),
    refusal: first === undefined ? null : refusalOf(first.rule),
  };
};

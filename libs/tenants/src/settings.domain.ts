export interface Span {
  readonly start: string;
  readonly end: string;
}

export interface Holiday {
  readonly date: string;
  readonly name: string;
}

export type Dispatcher = 'dispatch-bot' | 'openai' | 'builtin';

/** What a tenant may set (contract.md, section 4). Durations name their unit. */
export interface Settings {
  readonly aiTakeoverSeconds: number;
  readonly aiReclaimSeconds: number | null;
  readonly aiEnabled: boolean;
  readonly aiDisclosure: boolean;
  readonly dispatcher: Dispatcher | null;
  readonly tradeType: string;
  readonly textBackEnabled: boolean;
  readonly textBackCooldownMinutes: number;
  readonly textBackTemplate: string | null;
  readonly minRingSeconds: number;
  readonly ringSeconds: number;
  readonly screening: 'none' | 'keypress' | 'machine-detection';
  readonly businessHours: Readonly<Record<string, readonly Span[]>> | null;
  readonly holidays: readonly Holiday[];
  readonly quietHours: Span | null;
  readonly afterHours: 'forward' | 'voicemail' | 'text-only';
  readonly emergencyContacts: readonly string[];
  readonly dailyMessageCap: number | null;
  readonly prefixTextBackCap: number | null;
}

export const DEFAULTS: Settings = {
  aiTakeoverSeconds: 60,
  aiReclaimSeconds: 900,
  aiEnabled: true,
  aiDisclosure: true,
  dispatcher: null,
  tradeType: 'home services',
  textBackEnabled: true,
  textBackCooldownMinutes: 240,
  textBackTemplate: null,
  minRingSeconds: 3,
  ringSeconds: 20,
  screening: 'none',
  businessHours: null,
  holidays: [],
  quietHours: null,
  afterHours: 'forward',
  emergencyContacts: [],
  dailyMessageCap: 2_000,
  prefixTextBackCap: 20,
};

/** What holds for a tenant: what it set, and the defaults for the rest. */
export const settingsOf = (stored: Partial<Settings>): Settings => ({ ...DEFAULTS, ...stored });

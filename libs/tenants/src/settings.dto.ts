import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';

import { Maybe, Nullable } from '#libs/platform';

import type { Dispatcher } from './settings.domain.js';

const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;
const DAY = /^(\d{4}|-)-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;

export class TimeSpan {
  @Matches(TIME, { message: 'start takes HH:MM' })
  readonly start: string;

  /** An end before its start runs over midnight. */
  @Matches(TIME, { message: 'end takes HH:MM' })
  readonly end: string;
}

const spans = (): PropertyDecorator => (target, key) => {
  IsOptional()(target, key);
  IsArray()(target, key);
  ArrayMaxSize(10)(target, key);
  IsObject({ each: true })(target, key);
  ValidateNested({ each: true })(target, key);
  Type(() => TimeSpan)(target, key);
};

export class WeeklyHours {
  @spans() readonly monday?: TimeSpan[];
  @spans() readonly tuesday?: TimeSpan[];
  @spans() readonly wednesday?: TimeSpan[];
  @spans() readonly thursday?: TimeSpan[];
  @spans() readonly friday?: TimeSpan[];
  @spans() readonly saturday?: TimeSpan[];
  @spans() readonly sunday?: TimeSpan[];
}

export class HolidayEntry {
  /** A day, or every year's: `2026-12-25` or `--12-25`. */
  @Matches(DAY, { message: 'date takes YYYY-MM-DD or --MM-DD' })
  readonly date: string;

  @IsString()
  @Length(1, 100)
  readonly name: string;
}

/** Settings to change; what is left out stays as it is. */
export class SettingsChange {
  /** How long a human has to answer a customer's text before the AI does. */
  @Maybe() @IsInt() @Min(1) @Max(3600) readonly aiTakeoverSeconds?: number;
  /** How long a human may be silent after a customer's text before the AI takes over again; null: for ever. */
  @Nullable() @IsInt() @Min(60) @Max(86_400) readonly aiReclaimSeconds?: number | null;
  @Maybe() @IsBoolean() readonly aiEnabled?: boolean;
  /** Whether the AI's first text says that it is an automated assistant. */
  @Maybe() @IsBoolean() readonly aiDisclosure?: boolean;
  /** Who answers; null: the first one configured. */
  @Nullable() @IsIn(['dispatch-bot', 'builtin']) readonly dispatcher?: Dispatcher | null;
  /** What the business does, for the AI: `plumbing`. */
  @Maybe() @IsString() @Length(1, 60) readonly tradeType?: string;
  @Maybe() @IsBoolean() readonly textBackEnabled?: boolean;
  @Maybe() @IsInt() @Min(0) @Max(10_080) readonly textBackCooldownMinutes?: number;
  /** The text after a missed call; `{business}` stands for the tenant's name. null: the built-in one. */
  @Nullable() @IsString() @Length(1, 640) readonly textBackTemplate?: string | null;
  /** A caller who gives up sooner gets no text. */
  @Maybe() @IsInt() @Min(0) @Max(60) readonly minRingSeconds?: number;
  @Maybe() @IsInt() @Min(5) @Max(120) readonly ringSeconds?: number;
  @Maybe() @IsIn(['none', 'keypress', 'machine-detection']) readonly screening?:
    'none' | 'keypress' | 'machine-detection';
  /** null: always open. */
  @Nullable()
  @IsObject()
  @ValidateNested()
  @Type(() => WeeklyHours)
  readonly businessHours?: WeeklyHours | null;
  @Maybe()
  @IsArray()
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => HolidayEntry)
  readonly holidays?: HolidayEntry[];
  @Nullable() @IsObject() @ValidateNested() @Type(() => TimeSpan) readonly quietHours?: TimeSpan | null;
  @Maybe() @IsIn(['forward', 'voicemail', 'text-only']) readonly afterHours?:
    'forward' | 'voicemail' | 'text-only';
  @Maybe()
  @IsArray()
  @ArrayMaxSize(10)
  @Matches(/^\+[1-9]\d{6,14}$/, { each: true, message: 'each takes an E.164 number' })
  readonly emergencyContacts?: string[];
  /** Texts a tenant may send in its local day; null: as many as it likes. */
  @Nullable() @IsInt() @Min(1) @Max(100_000) readonly dailyMessageCap?: number | null;
  /** Text-backs per ten minutes to numbers that share all but their last four digits. */
  @Nullable() @IsInt() @Min(1) @Max(1000) readonly prefixTextBackCap?: number | null;
}

export class SettingsView {
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
  readonly businessHours: WeeklyHours | null;
  readonly holidays: HolidayEntry[];
  readonly quietHours: TimeSpan | null;
  readonly afterHours: 'forward' | 'voicemail' | 'text-only';
  readonly emergencyContacts: string[];
  readonly dailyMessageCap: number | null;
  readonly prefixTextBackCap: number | null;
}

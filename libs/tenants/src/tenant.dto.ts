import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsObject,
  IsString,
  IsTimeZone,
  IsUUID,
  Length,
  Matches,
  ValidateNested,
} from 'class-validator';
import { Maybe, Nullable } from '#libs/platform';
import { NewApiKeyView } from '#libs/identity';

import { SettingsChange, SettingsView } from './settings.dto.js';

const E164 = /^\+[1-9]\d{6,14}$/;
const LANGUAGE = /^[a-z]{2}$/;

export class CreateTenant {
  /** The business's name, as its customers know it. */
  @IsString()
  @Length(1, 100)
  readonly name: string;

  /** An IANA zone, such as America/Los_Angeles. */
  @IsTimeZone()
  @Matches(/^[A-Za-z]/, { message: 'timezone takes a name, such as America/Los_Angeles' })
  readonly timezone: string;

  /** ISO 639-1; English unless given. */
  @Maybe()
  @Matches(LANGUAGE, { message: 'language takes two letters, such as en' })
  readonly language?: string;

  @Maybe()
  @IsObject()
  @ValidateNested()
  @Type(() => SettingsChange)
  readonly settings?: SettingsChange;
}

export class ChangeTenant {
  @Maybe()
  @IsString()
  @Length(1, 100)
  readonly name?: string;

  @Maybe()
  @IsTimeZone()
  @Matches(/^[A-Za-z]/, { message: 'timezone takes a name, such as America/Los_Angeles' })
  readonly timezone?: string;

  @Maybe()
  @Matches(LANGUAGE, { message: 'language takes two letters, such as en' })
  readonly language?: string;

  /** Merged key by key. */
  @Maybe()
  @IsObject()
  @ValidateNested()
  @Type(() => SettingsChange)
  readonly settings?: SettingsChange;
}

export class ChangeTenantAsOperator extends ChangeTenant {
  /** A suspended tenant's calls are refused politely and nothing is sent for it: a text that comes due meanwhile fails. */
  @Maybe()
  @IsIn(['active', 'suspended'])
  readonly status?: 'active' | 'suspended';
}

export class TenantView {
  readonly id: string;
  readonly name: string;
  readonly timezone: string;
  readonly language: string;
  readonly status: 'active' | 'suspended';
  readonly settings: SettingsView;
  readonly createdAt: string;
}

export class NewTenantView extends TenantView {
  /** The tenant's first key, shown once. */
  readonly apiKey: NewApiKeyView;
}

export class TenantPage {
  readonly data: TenantView[];
  readonly nextCursor: string | null;
}

export class CreatePhoneNumber {
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.toLowerCase() : value))
  @IsUUID()
  readonly tenantId: string;

  /** E.164. */
  @Matches(E164, { message: 'number takes E.164, such as +14155550123' })
  readonly number: string;

  @Matches(/^AC[0-9a-fA-F]{32}$/, { message: 'accountSid takes AC and 32 hexadecimal digits' })
  readonly accountSid: string;

  @Maybe()
  @Matches(/^MG[0-9a-fA-F]{32}$/, { message: 'messagingServiceSid takes MG and 32 hexadecimal digits' })
  readonly messagingServiceSid?: string;

  /** Who rings, all together. */
  @Maybe()
  @IsArray()
  @ArrayMaxSize(10)
  @ArrayUnique()
  @IsString({ each: true })
  readonly forwardTo?: string[];
}

export class ChangePhoneNumber {
  @Maybe()
  @IsArray()
  @ArrayMaxSize(10)
  @ArrayUnique()
  @IsString({ each: true })
  readonly forwardTo?: string[];

  /** `null` drops it. */
  @Nullable()
  @Matches(/^MG[0-9a-fA-F]{32}$/, { message: 'messagingServiceSid takes MG and 32 hexadecimal digits' })
  readonly messagingServiceSid?: string | null;
}

export class PhoneNumberView {
  readonly id: string;
  readonly tenantId: string;
  readonly number: string;
  readonly accountSid: string;
  readonly messagingServiceSid: string | null;
  readonly forwardTo: string[];
  readonly createdAt: string;
}

export class PhoneNumberPage {
  readonly data: PhoneNumberView[];
  readonly nextCursor: string | null;
}

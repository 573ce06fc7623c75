import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsOptional,
  IsString,
  IsTimeZone,
  IsUUID,
  Length,
  Matches,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
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
  readonly timezone: string;

  /** ISO 639-1; English unless given. */
  @IsOptional()
  @Matches(LANGUAGE, { message: 'language takes two letters, such as en' })
  readonly language?: string;

  @IsOptional()
  @ValidateNested()
  @Type(() => SettingsChange)
  readonly settings?: SettingsChange;
}

export class ChangeTenant {
  @IsOptional()
  @IsString()
  @Length(1, 100)
  readonly name?: string;

  @IsOptional()
  @IsTimeZone()
  readonly timezone?: string;

  @IsOptional()
  @Matches(LANGUAGE, { message: 'language takes two letters, such as en' })
  readonly language?: string;

  /** Merged key by key. */
  @IsOptional()
  @ValidateNested()
  @Type(() => SettingsChange)
  readonly settings?: SettingsChange;
}

export class ChangeTenantAsOperator extends ChangeTenant {
  /** A suspended tenant's calls are refused politely and nothing is sent for it. */
  @IsOptional()
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
  @IsUUID()
  readonly tenantId: string;

  /** E.164. */
  @Matches(E164, { message: 'number takes E.164, such as +14155550123' })
  readonly number: string;

  @Matches(/^AC[0-9a-fA-F]{32}$/, { message: 'accountSid takes AC and 32 hexadecimal digits' })
  readonly accountSid: string;

  @IsOptional()
  @Matches(/^MG[0-9a-fA-F]{32}$/, { message: 'messagingServiceSid takes MG and 32 hexadecimal digits' })
  readonly messagingServiceSid?: string;

  /** Who rings, all together. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(10)
  @ArrayUnique()
  @IsString({ each: true })
  readonly forwardTo?: string[];
}

export class ChangePhoneNumber {
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(10)
  @ArrayUnique()
  @IsString({ each: true })
  readonly forwardTo?: string[];

  /** `null` drops it. */
  @ValidateIf((_, value: unknown) => value !== null && value !== undefined)
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

import { IsIn, IsString, Length, Matches } from 'class-validator';
import { Maybe, Nullable } from '#libs/platform';

export class CreateTwilioAccount {
  @Matches(/^AC[0-9a-fA-F]{32}$/, { message: 'accountSid takes AC and 32 hexadecimal digits' })
  readonly accountSid: string;

  /** The account's auth token: it verifies webhooks and signs in to the REST API. Never shown again. */
  @IsString()
  @Length(1, 200)
  readonly authToken: string;

  /** The secondary token, while one is being rotated in. */
  @Maybe()
  @IsString()
  @Length(1, 200)
  readonly secondaryAuthToken?: string;
}

export class ChangeTwilioAccount {
  @Maybe()
  @IsString()
  @Length(1, 200)
  readonly authToken?: string;

  /** `null` drops it. */
  @Nullable()
  @IsString()
  @Length(1, 200)
  readonly secondaryAuthToken?: string | null;

  @Maybe()
  @IsIn(['active', 'suspended'])
  readonly status?: 'active' | 'suspended';
}

export class TwilioAccountView {
  readonly accountSid: string;
  readonly status: 'active' | 'suspended';
  /** Whether a secondary token is accepted beside the primary. */
  readonly hasSecondaryAuthToken: boolean;
  readonly createdAt: string;
}

export class TwilioAccountPage {
  readonly data: TwilioAccountView[];
  readonly nextCursor: string | null;
}

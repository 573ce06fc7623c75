import { IsString, IsUUID, Length, Matches } from 'class-validator';

export class SendSmsBody {
  /** The customer's number, E.164. */
  @Matches(/^\+[1-9]\d{6,14}$/, { message: 'to takes E.164, such as +14155550123' })
  readonly to: string;

  /** One of the tenant's numbers. */
  @IsString()
  @Length(1, 40)
  readonly from: string;

  /** What the customer reads; 1,600 characters at most, as Twilio takes them. */
  @IsString()
  @Length(1, 1600)
  readonly body: string;

  @IsUUID()
  readonly tenantId: string;
}

export class SentSmsView {
  readonly success: boolean;
  readonly messageId: string;
  /** Twilio's, once it has the text. */
  readonly messageSid: string | null;
  readonly status: string;
}

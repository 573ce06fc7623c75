import { IsOptional, Matches } from 'class-validator';

const sid = (prefix: string): PropertyDecorator =>
  Matches(new RegExp(`^${prefix}[0-9a-fA-F]{32}$`), {
    message: `$property takes ${prefix} and 32 hexadecimal digits`,
  });
const present = (): PropertyDecorator =>
  Matches(/^[^]{0,256}$/, { message: '$property is missing, or too long' });
const content = (): PropertyDecorator => Matches(/^[^]*$/, { message: '$property is missing' });
const filled = (): PropertyDecorator =>
  Matches(/^[^]{1,256}$/, { message: '$property is missing, or too long' });
const count = (): PropertyDecorator => Matches(/^\d{1,9}$/, { message: '$property takes a whole number' });

/** Every webhook names its account. */
export class WebhookParams {
  @sid('AC') readonly AccountSid: string;
}

/** A call's arrival. `From` may be empty or a word: an anonymous caller is a caller. */
export class IncomingCallParams extends WebhookParams {
  @sid('CA') readonly CallSid: string;
  @filled() readonly To: string;
  @filled() readonly CallStatus: string;
  @IsOptional() @present() readonly From?: string;
  @IsOptional() @present() readonly ForwardedFrom?: string;
  @IsOptional() @present() readonly StirVerstat?: string;
  @IsOptional() @present() readonly Direction?: string;
}

/** Call progress of a number's call, or of a dialled leg, which names its parent. */
export class CallStatusParams extends IncomingCallParams {
  @IsOptional() @sid('CA') readonly ParentCallSid?: string;
  @IsOptional() @count() readonly CallDuration?: string;
  @IsOptional() @present() readonly AnsweredBy?: string;
}

/** The end of a <Dial>; every other parameter is the parent call's. */
export class DialActionParams extends WebhookParams {
  @sid('CA') readonly CallSid: string;
  @filled() readonly DialCallStatus: string;
  @IsOptional() @present() readonly To?: string;
  @IsOptional() @present() readonly From?: string;
  @IsOptional() @present() readonly CallStatus?: string;
  @IsOptional() @present() readonly DialCallSid?: string;
  @IsOptional() @count() readonly DialCallDuration?: string;
  @IsOptional() @present() readonly DialBridged?: string;
}

/** The whisper on a leg: first without a digit, then with the one that was pressed. */
export class ScreeningParams extends WebhookParams {
  @sid('CA') readonly CallSid: string;
  @IsOptional() @sid('CA') readonly ParentCallSid?: string;
  @IsOptional() @present() readonly To?: string;
  @IsOptional() @present() readonly From?: string;
  @IsOptional() @present() readonly Digits?: string;
}

/** An inbound text or picture message. */
export class IncomingMessageParams extends WebhookParams {
  @Matches(/^(SM|MM)[0-9a-fA-F]{32}$/, { message: 'MessageSid takes SM or MM and 32 hexadecimal digits' })
  readonly MessageSid: string;
  @filled() readonly To: string;
  @present() readonly From: string;
  @IsOptional() @content() readonly Body?: string;
  @IsOptional() @count() readonly NumMedia?: string;
  @IsOptional() @count() readonly NumSegments?: string;
  @IsOptional() @present() readonly OptOutType?: string;
  @IsOptional() @present() readonly MessagingServiceSid?: string;
}

/** What became of a text that we sent. */
export class MessageStatusParams extends WebhookParams {
  @Matches(/^(SM|MM)[0-9a-fA-F]{32}$/, { message: 'MessageSid takes SM or MM and 32 hexadecimal digits' })
  readonly MessageSid: string;
  @filled() readonly MessageStatus: string;
  @IsOptional() @present() readonly ErrorCode?: string;
  @IsOptional() @present() readonly To?: string;
  @IsOptional() @present() readonly From?: string;
}

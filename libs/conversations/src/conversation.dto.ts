import { ArrayMaxSize, IsArray, IsIn, IsString, IsUrl, Length, Matches, MaxLength } from 'class-validator';
import { IsInstant, Maybe, PageQuery } from '#libs/platform';

export class LeadView {
  readonly name: string | null;
  readonly address: string | null;
  readonly jobType: string | null;
  readonly urgency: string | null;
  readonly summary: string | null;
}

export class ConversationView {
  readonly id: string;
  readonly phoneNumberId: string;
  readonly contactId: string;
  readonly customerNumber: string;
  readonly status: 'open' | 'closed';
  readonly handler: 'unassigned' | 'human' | 'ai';
  /** When the AI takes over unless a human answers first. */
  readonly aiTakeoverAt: string | null;
  /** The first customer text that nobody has answered. */
  readonly waitingSince: string | null;
  /** Grows with every change of hands, human text, opt-out and close. */
  readonly epoch: number;
  readonly lead: LeadView;
  readonly outcome: string | null;
  readonly lastMessageAt: string | null;
  readonly createdAt: string;
  readonly closedAt: string | null;
}

export class ConversationPage {
  readonly data: ConversationView[];
  readonly nextCursor: string | null;
}

export class ConversationQuery extends PageQuery {
  @Maybe() @IsIn(['open', 'closed']) readonly status?: 'open' | 'closed';
  @Maybe() @IsIn(['unassigned', 'human', 'ai']) readonly handler?: 'unassigned' | 'human' | 'ai';
  /** The customer's number, E.164. */
  @Maybe() @IsString() @MaxLength(40) readonly customer?: string;
  /** Conversations opened then or later. */
  @Maybe() @IsInstant() readonly since?: string;
  /** Conversations opened before then. */
  @Maybe() @IsInstant() readonly until?: string;
}

export class ReplyBody {
  /** What the customer reads; 1,600 characters at most, as Twilio takes them. */
  @IsString()
  @Length(1, 1600)
  readonly body: string;

  /** Public https addresses of pictures, ten at most. */
  @Maybe()
  @IsArray()
  @ArrayMaxSize(10)
  @IsUrl({ protocols: ['https'], require_protocol: true }, { each: true })
  readonly mediaUrls?: string[];
}

export class SendMessageBody extends ReplyBody {
  /** One of the tenant's numbers; the number that the customer knows, or the first, unless given. */
  @Maybe()
  @Matches(/^\+[1-9]\d{6,14}$/, { message: 'from takes E.164, such as +14155550123' })
  readonly from?: string;

  @Matches(/^\+[1-9]\d{6,14}$/, { message: 'to takes E.164, such as +14155550123' })
  readonly to: string;

  /** When to send it: any time up to 35 days ahead. */
  @Maybe()
  @IsInstant()
  readonly sendAt?: string;
}

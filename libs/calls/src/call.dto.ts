import { IsIn, IsString, IsUUID, MaxLength } from 'class-validator';
import { IsInstant, Maybe, PageQuery } from '#libs/platform';

export class TextBackView {
  readonly sent: boolean;
  readonly messageId: string | null;
  /** Why no text went out: the first check that refused. */
  readonly reason: string | null;
}

export class CallView {
  readonly id: string;
  readonly callSid: string;
  readonly phoneNumberId: string;
  readonly from: string;
  readonly to: string;
  readonly direction: 'inbound' | 'outbound';
  readonly status: 'ringing' | 'in-progress' | 'ended';
  readonly outcome: 'answered' | 'missed' | 'rejected' | null;
  readonly missedReason:
    'no-answer' | 'busy' | 'failed' | 'abandoned' | 'voicemail' | 'declined' | 'after-hours' | null;
  readonly startedAt: string;
  readonly answeredAt: string | null;
  readonly endedAt: string | null;
  readonly durationSeconds: number | null;
  readonly conversationId: string | null;
  readonly textBack: TextBackView;
}

export class CallPage {
  readonly data: CallView[];
  readonly nextCursor: string | null;
}

export class CallQuery extends PageQuery {
  @Maybe() @IsString() @MaxLength(40) readonly from?: string;
  @Maybe() @IsString() @MaxLength(40) readonly to?: string;
  @Maybe() @IsIn(['answered', 'missed', 'rejected']) readonly outcome?: 'answered' | 'missed' | 'rejected';
  /** Calls that started then or later. */
  @Maybe() @IsInstant() readonly since?: string;
  /** Calls that started before then. */
  @Maybe() @IsInstant() readonly until?: string;
  @Maybe() @IsUUID() readonly phoneNumberId?: string;
}

export class CheckView {
  /** What was being decided. */
  readonly rule: string;
  readonly name: string;
  /** What the check looked at. */
  readonly input: Record<string, unknown>;
  readonly verdict: string;
  readonly at: string;
}

export class DecisionsView {
  readonly data: CheckView[];
}

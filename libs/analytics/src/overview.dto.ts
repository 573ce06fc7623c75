import { IsUUID } from 'class-validator';
import { IsInstant, Maybe } from '#libs/platform';

export class OverviewQuery {
  /** From then on; 30 days before `until` unless given. */
  @Maybe() @IsInstant() readonly since?: string;
  /** Until before then; now unless given. */
  @Maybe() @IsInstant() readonly until?: string;
  /** Only what came to or from this number. */
  @Maybe() @IsUUID() readonly phoneNumberId?: string;
}

export class MissedView {
  readonly total: number;
  readonly 'no-answer': number;
  readonly busy: number;
  readonly failed: number;
  readonly abandoned: number;
  readonly voicemail: number;
  readonly declined: number;
  readonly 'after-hours': number;
}

export class ByHandlerView {
  readonly unassigned: number;
  readonly human: number;
  readonly ai: number;
}

export class OverviewView {
  readonly since: string;
  readonly until: string;
  /** Calls that started in this time, whatever became of them. */
  readonly calls: number;
  readonly answered: number;
  readonly missed: MissedView;
  readonly textsSent: number;
  readonly textsReceived: number;
  /** Conversations opened in this time. */
  readonly conversations: number;
  /** Who handles those conversations now. */
  readonly byHandler: ByHandlerView;
  /** From the end of a missed call to its text-back, in seconds; null when none went out. */
  readonly medianSecondsToText: number | null;
  /** From a thread's first text in this time to the first answer of a human or the AI, in seconds; null when none. */
  readonly medianSecondsToAnswer: number | null;
}

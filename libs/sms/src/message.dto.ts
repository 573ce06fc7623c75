import { IsIn } from 'class-validator';
import { PageQuery } from '#libs/platform';

import type { Author, MessageStatus, Purpose } from './message.domain.js';

export class MediaView {
  readonly id: string;
  readonly contentType: string;
  readonly bytes: number;
}

export class MessageView {
  readonly id: string;
  readonly conversationId: string | null;
  readonly direction: 'inbound' | 'outbound';
  readonly author: Author;
  readonly purpose: Purpose;
  readonly body: string;
  readonly media: MediaView[];
  readonly segments: number;
  readonly status: MessageStatus;
  readonly errorCode: string | null;
  readonly suppressedReason: string | null;
  readonly messageSid: string | null;
  readonly createdAt: string;
  readonly sentAt: string | null;
  readonly deliveredAt: string | null;
}

export class MessagePage {
  readonly data: MessageView[];
  readonly nextCursor: string | null;
}

export class ResolveMessage {
  /** `resend` makes one more attempt, although the first may have arrived; `discard` gives it up. */
  @IsIn(['resend', 'discard'])
  readonly as: 'resend' | 'discard';
}

export class MessageQuery extends PageQuery {
  /** Held messages are listed; a conversation's are found with the conversation. */
  @IsIn(['held'], { message: 'status takes held' })
  readonly status: 'held';
}

import type { Evidence } from '../../libs/calls/src/evidence.domain.js';
import type { Patience } from '../../libs/calls/src/verdict.domain.js';
import type { Handler } from '../../libs/conversations/src/handler/handler.domain.js';
import type { InboxEvent } from '../../libs/durable/src/inbox/webhook-events.js';
import type { DeliveryKind } from '../../libs/integrations/src/call-service.domain.js';
import type { Author, MessageStatus, Purpose, Wish } from '../../libs/sms/src/message.domain.js';
import type { Attempt } from '../../libs/sms/src/sending/send-state.domain.js';

/** The hub's rows, as far as the rules look at them; times are milliseconds by the store's clock. */
export interface Contact {
  readonly number: string;
  readonly textable: boolean;
  readonly lineType: string | null;
  readonly optedOutAt: number | null;
}

export interface Conversation {
  /** One for each customer: there is one number of the hub. */
  readonly id: string;
  readonly status: 'open' | 'closed';
  readonly handler: Handler;
  readonly epoch: number;
  readonly aiTakeoverAt: number | null;
  readonly waitingSince: number | null;
  readonly aiBarred: boolean;
  readonly heldSince: number | null;
}

export interface Message {
  readonly id: string;
  readonly contact: string;
  /** Null until an inbound text is threaded. */
  readonly conversation: string | null;
  readonly direction: 'inbound' | 'outbound';
  readonly author: Author;
  readonly purpose: Purpose;
  readonly body: string;
  readonly status: MessageStatus;
  readonly epoch: number | null;
  readonly wish: Wish;
  readonly sid: string | null;
  readonly errorCode: string | null;
  readonly sendAt: number;
  readonly notBefore: number;
  /** Automatic texts were canceled while it was under way. */
  readonly recalled: boolean;
  readonly createdAt: number;
  readonly attempts: readonly Attempt[];
  /** Its place in the thread; null until it has one. */
  readonly place: number | null;
}

export interface Call {
  readonly sid: string;
  readonly from: string;
  readonly evidence: Evidence;
  readonly status: 'ringing' | 'in-progress' | 'ended';
  readonly outcome: 'answered' | 'missed' | 'rejected' | null;
  readonly missedReason: string | null;
  readonly judgeAt: number | null;
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** How patient the judge was, and how much had been heard. */
  readonly decided: { readonly patience: Patience; readonly heard: number } | null;
  /** How often it was decided whether to text back. */
  readonly textBacks: readonly string[];
}

export interface KeptEvent {
  readonly event: InboxEvent;
  readonly verdict: 'applied' | 'dropped' | 'failed';
  readonly order: number;
}

export interface Job {
  readonly id: string;
  readonly task: string;
  readonly about: string;
  readonly runAt: number;
  readonly attempts: number;
  readonly lock: { readonly host: string; readonly life: number } | null;
}

export interface LogEvent {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface Delivery {
  readonly eventId: string;
  readonly callSid: string;
  readonly kind: DeliveryKind;
  readonly status: 'pending' | 'delivered';
  readonly attempts: number;
  readonly nextAt: number;
  readonly createdAt: number;
}

/** Up to where a list was read, and who reads it. */
export interface Mark {
  readonly until: number;
  readonly heldBy: string | null;
  readonly heldUntil: number;
}

/** The ledger of consent. */
export interface Consent {
  readonly contact: string;
  readonly kind: 'opt-out' | 'opt-in';
  readonly at: number;
}

export interface Rows {
  readonly contacts: Contact;
  readonly conversations: Conversation;
  readonly messages: Message;
  /** What a text was meant for: once each. */
  readonly intents: string;
  readonly calls: Call;
  readonly events: KeptEvent;
  readonly sids: string;
  readonly jobs: Job;
  readonly log: LogEvent;
  readonly deliveries: Delivery;
  readonly consents: Consent;
  /** The account's lists, by their kinds. */
  readonly marks: Mark;
}

export type TableName = keyof Rows;

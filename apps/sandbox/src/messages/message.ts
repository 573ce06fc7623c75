import { newSid } from '../sids.js';
import { rfc2822 } from '../rfc2822.js';
import { segmentsOf } from './segments.js';

export type MessageStatus =
  | 'accepted'
  | 'scheduled'
  | 'queued'
  | 'sending'
  | 'sent'
  | 'delivered'
  | 'undelivered'
  | 'failed'
  | 'canceled'
  | 'received';

/** A text as Twilio's Message resource keeps it. Times are epoch milliseconds. */
export interface Message {
  readonly sid: string;
  readonly accountSid: string;
  readonly messagingServiceSid: string | null;
  readonly from: string;
  readonly to: string;
  body: string;
  readonly mediaUrls: readonly string[];
  readonly direction: 'inbound' | 'outbound-api' | 'outbound-reply';
  readonly createdAt: number;
  readonly statusCallback: string | null;
  /** When a scheduled message goes out. */
  readonly sendAt: number | null;
  status: MessageStatus;
  errorCode: number | null;
  updatedAt: number;
  sentAt: number | null;
}

export type NewMessage = Pick<Message, 'accountSid' | 'from' | 'to' | 'body' | 'direction' | 'status'> &
  Partial<Message>;

export function newMessage(message: NewMessage): Message {
  const now = Date.now();
  return {
    sid: newSid(message.mediaUrls?.length ? 'MM' : 'SM'),
    messagingServiceSid: null,
    mediaUrls: [],
    createdAt: now,
    statusCallback: null,
    sendAt: null,
    errorCode: null,
    updatedAt: now,
    sentAt: null,
    ...message,
  };
}

/** The Message resource in Twilio's JSON. */
export function messageJson(message: Message): Record<string, unknown> {
  const uri = `/2010-04-01/Accounts/${message.accountSid}/Messages/${message.sid}`;
  return {
    account_sid: message.accountSid,
    api_version: '2010-04-01',
    body: message.body,
    date_created: rfc2822(message.createdAt),
    date_sent: message.sentAt === null ? null : rfc2822(message.sentAt),
    date_updated: rfc2822(message.updatedAt),
    direction: message.direction,
    error_code: message.errorCode,
    error_message: message.errorCode === null ? null : `Error ${message.errorCode}`,
    from: message.from,
    messaging_service_sid: message.messagingServiceSid,
    num_media: String(message.mediaUrls.length),
    num_segments: String(segmentsOf(message.body)),
    price: null,
    price_unit: 'USD',
    sid: message.sid,
    status: message.status,
    subresource_uris: { media: `${uri}/Media.json` },
    to: message.to,
    uri: `${uri}.json`,
  };
}

import { keyOf, type InboxEvent } from '../../../libs/durable/src/inbox/webhook-events.js';
import { ACCOUNT, HUB_NUMBER, TENANT } from '../hub/ground.js';

/** A text as its attempt hands it over. */
export interface OutgoingText {
  readonly attemptId: string;
  readonly messageId: string;
  readonly to: string;
  readonly body: string;
  /** t0, by the store's clock. */
  readonly openedAt: number;
}

/** A text as Twilio knows it. */
export interface Text {
  readonly sid: string;
  readonly direction: 'inbound' | 'outbound';
  readonly customer: string;
  readonly body: string;
  /** By Twilio's clock, in whole seconds. */
  readonly createdAt: number;
  readonly acceptedAt: number;
  /** From when on its lists have it. */
  readonly listedAt: number;
  readonly sent: OutgoingText | null;
  status: string;
  errorCode: string | null;
}

/** A customer's text as its webhook, or its import, tells it. */
export const incoming = ({ sid, customer, body }: Text): InboxEvent => ({
  key: keyOf(ACCOUNT, { kind: 'sms.incoming', sid, step: '' }),
  kind: 'sms.incoming',
  accountSid: ACCOUNT,
  sid,
  tenantId: TENANT,
  params: { From: customer, To: HUB_NUMBER, Body: body },
  context: {},
  answer: '',
});

/** What became of a text of ours, as its callback, or its import, tells it. */
export const callback = ({ sid, status, errorCode, sent }: Text): InboxEvent | null => {
  if (sent === null) return null;
  const { messageId, attemptId } = sent;
  const told = { MessageSid: sid, MessageStatus: status };
  return {
    key: keyOf(ACCOUNT, { kind: 'sms.status', sid, step: `${attemptId}/${status}` }),
    kind: 'sms.status',
    accountSid: ACCOUNT,
    sid,
    tenantId: TENANT,
    params: errorCode === null ? told : { ...told, ErrorCode: errorCode },
    context: { messageId, attemptId },
    answer: '',
  };
};

import type { Alerts } from '../alerts.js';
import type { Faults } from '../faults.js';
import type { Ledger } from '../ledger.js';
import type { ResourceList } from '../rest/resource-list.js';
import type { Timers } from '../timers.js';
import { present } from '../voice/call.js';
import { deliveryOutcome } from './delivery-outcome.js';
import type { Message, MessageStatus } from './message.js';

export interface DeliveryParts {
  readonly ledger: Ledger;
  readonly timers: Timers;
  readonly alerts: Alerts;
  readonly faults: Faults;
  readonly messages: ResourceList<Message>;
  /** Milliseconds between two states of a message. */
  readonly stepMs: number;
}

/** Takes messages through their states, with a signed callback for each: queued, sending, sent, delivered. */
export class MessageDelivery {
  constructor(private readonly parts: DeliveryParts) {}

  /** Takes a message in and sends it off; a scheduled one waits for its time first. */
  accept(message: Message): void {
    this.parts.messages.add(message);
    const { sid, direction, from, to, body, mediaUrls, status } = message;
    this.parts.ledger.record({
      kind: 'message',
      messageSid: sid,
      direction,
      from,
      to,
      body,
      mediaUrls,
      status,
    });
    this.#start(message);
  }

  #start(message: Message): void {
    const wait = message.sendAt === null ? this.parts.stepMs : message.sendAt - Date.now();
    this.parts.timers.after(wait, () => this.#whenDue(message));
  }

  /** A timer reaches 24 days; a schedule 35. */
  #whenDue(message: Message): void {
    if (message.status === 'canceled') return;
    if (message.sendAt !== null && message.sendAt > Date.now()) return this.#start(message);
    this.parts.ledger.background(this.#deliver(message));
  }

  async #deliver(message: Message): Promise<void> {
    const { timers, stepMs } = this.parts;
    const outcome = deliveryOutcome(message.to);
    for (const status of path(message, outcome.status)) {
      this.#move(message, status, status === outcome.status ? outcome.errorCode : null);
      await this.#callBack(message);
      if (status !== outcome.status) await timers.sleep(stepMs);
    }
  }

  #move(message: Message, status: MessageStatus, errorCode: number | null): void {
    message.status = status;
    message.errorCode = errorCode;
    message.updatedAt = Date.now();
    if (status === 'sent') message.sentAt = message.updatedAt;
    this.parts.ledger.record({ kind: 'message-status', messageSid: message.sid, status, errorCode });
    // A carrier without receipts delivers all the same, so `sent` is where the phone shows it.
    if (status === 'sent' && deliveryOutcome(message.to).errorCode === null) this.#arrive(message);
  }

  #arrive({ sid, from, to, body, mediaUrls, createdAt }: Message): void {
    this.parts.ledger.record({
      kind: 'phone',
      number: to,
      event: 'receives-text',
      sid,
      other: from,
      text: body,
      mediaUrls,
      acceptedAt: new Date(createdAt).toISOString(),
    });
  }

  /** A callback that is delayed is sent on its own: the next may overtake it. */
  async #callBack(message: Message): Promise<void> {
    const { statusCallback: url, accountSid, sid } = message;
    if (url === null) return;
    const { alerts, faults, ledger, timers } = this.parts;
    const fault = faults.take('messages.callback');
    if (fault?.answer === 'drop') return;
    const webhook = { accountSid, purpose: 'message-status', url, params: statusParams(message) };
    if (fault === null) await alerts.notify(webhook, sid);
    else ledger.background(timers.sleep(fault.delayMs).then(() => alerts.notify(webhook, sid)));
  }
}

/** With a messaging service, a message is `accepted` first and seen `sending` on its way. */
function path(message: Message, last: MessageStatus): MessageStatus[] {
  const way: MessageStatus[] = message.messagingServiceSid === null ? ['queued'] : ['queued', 'sending'];
  if (last === 'failed') return [...way, 'failed'];
  return last === 'sent' ? [...way, 'sent'] : [...way, 'sent', last];
}

const statusParams = (message: Message) => ({
  AccountSid: message.accountSid,
  ApiVersion: '2010-04-01',
  From: message.from,
  To: message.to,
  MessageSid: message.sid,
  MessageStatus: message.status,
  SmsSid: message.sid,
  SmsStatus: message.status,
  ...present({
    MessagingServiceSid: message.messagingServiceSid,
    ErrorCode: message.errorCode === null ? null : String(message.errorCode),
    RawDlrDoneDate: receiptDate(message),
  }),
});

/** The carrier's receipt, `YYMMDDhhmm`. */
const receiptDate = ({ status, updatedAt }: Message): string | null =>
  status === 'delivered' || status === 'undelivered'
    ? new Date(updatedAt).toISOString().replace(/\D/g, '').slice(2, 12)
    : null;

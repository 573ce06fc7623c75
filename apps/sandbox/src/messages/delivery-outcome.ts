import { refused, type RestError } from '../rest/rest-errors.js';

export interface DeliveryOutcome {
  /** `sent` is final too: the carrier gives no receipt. */
  readonly status: 'sent' | 'delivered' | 'undelivered' | 'failed';
  readonly errorCode: number | null;
}

/** Numbers whose texts do not arrive, by their last four digits. Any other number's do. */
const byLastDigits: Readonly<Record<string, DeliveryOutcome>> = {
  '0001': { status: 'failed', errorCode: 30001 }, // queue overflow
  '0002': { status: 'failed', errorCode: 30002 }, // account suspended
  '0003': { status: 'undelivered', errorCode: 30003 }, // handset off
  '0004': { status: 'undelivered', errorCode: 30004 }, // blocked by the recipient
  '0005': { status: 'undelivered', errorCode: 30005 }, // unknown handset
  '0006': { status: 'undelivered', errorCode: 30006 }, // landline
  '0007': { status: 'undelivered', errorCode: 30007 }, // filtered by the carrier
  '0008': { status: 'undelivered', errorCode: 30008 }, // unknown error
  '0009': { status: 'sent', errorCode: null }, // no delivery receipt
  '0034': { status: 'failed', errorCode: 30034 }, // unregistered A2P campaign
};

const DELIVERED: DeliveryOutcome = { status: 'delivered', errorCode: null };

export const deliveryOutcome = (to: string): DeliveryOutcome => byLastDigits[to.slice(-4)] ?? DELIVERED;

/** Numbers that are refused at once: Twilio's own magic test numbers, and by their last four digits. */
const refusals: Readonly<Record<string, (to: string) => RestError>> = {
  '+15005550001': (to) => refused(21211, `Invalid 'To' Phone Number: ${to}`),
  '+15005550002': (to) =>
    refused(21612, `Message cannot be sent with the current combination of 'To' (${to}) and 'From'`),
  '+15005550003': (to) =>
    refused(21408, `Permission to send an SMS has not been enabled for the region of ${to}`),
  '+15005550004': () => refused(21610, 'Attempt to send to unsubscribed recipient'),
  '+15005550009': (to) => refused(21614, `'To' number ${to} is not a valid mobile number`),
  '0011': () => refused(21611, "This 'From' number has exceeded the maximum number of queued messages"),
  '0012': (to) =>
    refused(21612, `Message cannot be sent with the current combination of 'To' (${to}) and 'From'`),
  '0014': (to) => refused(21614, `'To' number ${to} is not a valid mobile number`),
  '0408': (to) => refused(21408, `Permission to send an SMS has not been enabled for the region of ${to}`),
};

/** Why Twilio takes no text for this number, if so. */
export const recipientRefusal = (to: string): RestError | undefined =>
  (refusals[to] ?? refusals[to.slice(-4)])?.(to);

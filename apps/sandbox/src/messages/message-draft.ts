import type { Numbers } from '../numbers.js';
import { isSid } from '../sids.js';

/** What a create request asks for; a parameter that is not given is empty. */
export interface MessageDraft {
  readonly accountSid: string;
  readonly params: URLSearchParams;
  readonly to: string;
  /** The `From` parameter as given: a number, or a messaging service. */
  readonly from: string;
  /** The number that it is sent from in the end. */
  readonly sender: string;
  readonly messagingServiceSid: string;
  readonly body: string;
  readonly mediaUrls: readonly string[];
  readonly statusCallback: string;
  readonly scheduleType: string;
  readonly sendAt: string;
}

/** Reads a create request; nothing is checked yet. */
export function readDraft(accountSid: string, params: URLSearchParams, numbers: Numbers): MessageDraft {
  const value = (name: string): string => params.get(name) ?? '';
  const from = value('From');
  // Twilio takes a messaging service in either parameter.
  const messagingServiceSid = isSid('MG', from) ? from : value('MessagingServiceSid');
  const isNumber = from !== '' && from !== messagingServiceSid;
  return {
    accountSid,
    params,
    to: value('To'),
    from,
    sender: isNumber ? from : numbers.senderOf(messagingServiceSid),
    messagingServiceSid,
    body: value('Body'),
    mediaUrls: params.getAll('MediaUrl'),
    statusCallback: value('StatusCallback'),
    scheduleType: value('ScheduleType'),
    sendAt: value('SendAt'),
  };
}

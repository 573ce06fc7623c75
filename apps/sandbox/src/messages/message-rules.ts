import { isPhoneNumber, type Numbers } from '../numbers.js';
import { refused, type RestError } from '../rest/rest-errors.js';
import { isSid } from '../sids.js';
import { recipientRefusal } from './delivery-outcome.js';
import type { MessageDraft } from './message-draft.js';
import type { OptOuts } from './opt-outs.js';

/** What a rule may look at beside the draft. */
export interface Surroundings {
  readonly numbers: Numbers;
  readonly optOuts: OptOuts;
}

interface Rule {
  readonly code: number;
  readonly message: string | ((draft: MessageDraft) => string);
  readonly isBroken: (draft: MessageDraft, surroundings: Surroundings) => boolean;
}

const KNOWN_PARAMETERS = new Set(
  (
    'To From MessagingServiceSid Body MediaUrl ContentSid ContentVariables StatusCallback ApplicationSid MaxPrice ' +
    'ProvideFeedback Attempt ValidityPeriod ForceDelivery ContentRetention AddressRetention SmartEncoded ' +
    'PersistentAction TrafficType ShortenUrls ScheduleType SendAt SendAsMms RiskCheck'
  ).split(' '),
);
const REPEATED = new Set(['MediaUrl', 'PersistentAction']);
const FLAGS = ['ProvideFeedback', 'ForceDelivery', 'SmartEncoded', 'ShortenUrls', 'SendAsMms'];
const LONGEST_BODY = 1600;
const MOST_MEDIA = 10;
const LONGEST_VALIDITY_SECONDS = 36_000;
const SOONEST_SCHEDULE_MS = 300_000;
const LATEST_SCHEDULE_MS = 35 * 24 * 3_600_000;

/**
 * In Twilio's order, roughly: what is asked, to whom, who sends, what it says, when. Twilio itself ignores most
 * unknown parameters; 20001 ("Unknown parameters") is its code for the places where it does not.
 */
const rules: readonly Rule[] = [
  {
    code: 20001,
    message: (draft) => `Unknown parameters: ${unknownOf(draft)}`,
    isBroken: (draft) => unknownOf(draft) !== '',
  },
  { code: 20001, message: 'A parameter is given twice', isBroken: isRepeated },
  { code: 20001, message: `${FLAGS.join(', ')} take true or false`, isBroken: hasBadFlag },
  {
    code: 20001,
    message: `ValidityPeriod takes 1 to ${LONGEST_VALIDITY_SECONDS} seconds`,
    isBroken: hasBadValidity,
  },
  { code: 21604, message: "A 'To' phone number is required.", isBroken: ({ to }) => to === '' },
  {
    code: 21211,
    message: ({ to }) => `Invalid 'To' Phone Number: ${to}`,
    isBroken: ({ to }) => !isPhoneNumber(to),
  },
  {
    code: 21701,
    message: 'The Messaging Service does not exist',
    isBroken: ({ messagingServiceSid: sid }) => sid !== '' && !isSid('MG', sid),
  },
  {
    code: 21603,
    message: "A 'From' phone number is required.",
    isBroken: ({ from, messagingServiceSid }) => from === '' && messagingServiceSid === '',
  },
  {
    code: 21212,
    message: ({ from }) => `Invalid 'From' Phone Number: ${from}`,
    isBroken: ({ sender }) => !isPhoneNumber(sender),
  },
  {
    code: 21266,
    message: ({ to }) => `'To' and 'From' number cannot be the same: ${to}`,
    isBroken: ({ sender, to }) => sender === to,
  },
  {
    code: 21606,
    message: ({ from }) =>
      `The 'From' phone number provided (${from}) is not a valid message-capable Twilio phone number for this destination/account`,
    isBroken: ({ from, accountSid }, { numbers }) =>
      isPhoneNumber(from) && numbers.find(from).accountSid !== accountSid,
  },
  { code: 21602, message: 'Message body is required.', isBroken: saysNothing },
  {
    code: 21617,
    message: `The concatenated message body exceeds the ${LONGEST_BODY} character limit`,
    isBroken: ({ body }) => body.length > LONGEST_BODY,
  },
  {
    code: 21623,
    message: 'Number of media files exceeds allowed limit',
    isBroken: ({ mediaUrls }) => mediaUrls.length > MOST_MEDIA,
  },
  { code: 21620, message: 'Invalid media URL(s)', isBroken: ({ mediaUrls }) => !mediaUrls.every(isWebUrl) },
  {
    code: 21609,
    message: ({ statusCallback }) => `The StatusCallback URL ${statusCallback} is not a valid URL.`,
    isBroken: ({ statusCallback: url }) => url !== '' && !isWebUrl(url),
  },
  {
    code: 35126,
    message: 'ScheduleType takes fixed',
    isBroken: ({ scheduleType }) => scheduleType !== '' && scheduleType !== 'fixed',
  },
  {
    code: 35111,
    message: 'SendAt timestamp is missing',
    isBroken: ({ scheduleType, sendAt }) => scheduleType !== '' && sendAt === '',
  },
  {
    code: 35118,
    message: 'MessagingServiceSid is required to schedule a message',
    isBroken: ({ sendAt, messagingServiceSid }) => sendAt !== '' && messagingServiceSid === '',
  },
  {
    code: 35114,
    message: 'SendAt time must be between 300 seconds and 35 days (3024000 seconds) in the future',
    isBroken: ({ sendAt }) => sendAt !== '' && !isSchedulable(Date.parse(sendAt) - Date.now()),
  },
  { code: 21610, message: 'Attempt to send to unsubscribed recipient', isBroken: isOptedOut },
];

/** Why Twilio would refuse this message, if so. */
export function refusalOf(draft: MessageDraft, surroundings: Surroundings): RestError | undefined {
  const rule = rules.find(({ isBroken }) => isBroken(draft, surroundings));
  if (!rule) return recipientRefusal(draft.to);
  return refused(rule.code, typeof rule.message === 'string' ? rule.message : rule.message(draft));
}

const unknownOf = ({ params }: MessageDraft): string =>
  [...params.keys()].filter((name) => !KNOWN_PARAMETERS.has(name)).join(', ');

function isRepeated({ params }: MessageDraft): boolean {
  const single = [...params.keys()].filter((name) => !REPEATED.has(name));
  return new Set(single).size < single.length;
}

function hasBadFlag({ params }: MessageDraft): boolean {
  return FLAGS.some((name) => !/^(true|false)$/i.test(params.get(name) ?? 'true'));
}

function hasBadValidity({ params }: MessageDraft): boolean {
  const seconds = Number(params.get('ValidityPeriod') ?? 1);
  return !Number.isInteger(seconds) || seconds < 1 || seconds > LONGEST_VALIDITY_SECONDS;
}

function saysNothing({ body, mediaUrls, params }: MessageDraft): boolean {
  return body === '' && mediaUrls.length === 0 && !params.has('ContentSid');
}

function isOptedOut({ sender, messagingServiceSid, to }: MessageDraft, { optOuts }: Surroundings): boolean {
  return optOuts.has(sender, to) || (messagingServiceSid !== '' && optOuts.has(messagingServiceSid, to));
}

const isSchedulable = (aheadMs: number): boolean =>
  aheadMs >= SOONEST_SCHEDULE_MS && aheadMs <= LATEST_SCHEDULE_MS;

const isWebUrl = (url: string): boolean => /^https?:\/\/[^/]/.test(url) && URL.canParse(url);

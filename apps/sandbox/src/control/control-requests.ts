import { faultAnswers, faultTargets } from '../faults.js';
import { flag, listOf, nullable, number, object, oneOf, optional, record, text } from './control-body.js';

const HOUR = 3600;
const LONGEST_WAIT_MS = 600_000;
const phone = text(/^\+[1-9]\d{6,14}$/, 'a phone number in E.164, like +14155550101');
const caller = text(
  /^(\+?\d{3,15}|[a-z]*)$/i,
  'a phone number like +14155550101, a word like anonymous, or empty',
);
const sid = (prefix: string) => text(new RegExp(`^${prefix}[0-9a-fA-F]{32}$`), `${prefix} and 32 hex digits`);
const url = text(/^https?:\/\/[^/]/, 'an absolute http(s) URL');
const mediaUrl = text(/^(https?:\/\/[^/]|data:[\w.+/-]+;base64,)/, 'an http(s) URL, or data:<type>;base64,…');
const digits = text(/^[\d*#]{0,32}$/, 'digits, * and #');
const words = text(/^.{1,200}$/, '1 to 200 characters');

const callee = object({
  behaviour: oneOf(['answer', 'no-answer', 'busy', 'failed', 'voicemail', 'decline']),
  afterSeconds: optional(number(0, HOUR)),
  presses: optional(digits),
  talkSeconds: optional(number(0, HOUR)),
});

export const callRequest = object({
  from: caller,
  to: phone,
  callee: optional(callee),
  callees: optional(record(callee)),
  callerHangsUpAfterSeconds: optional(number(0, HOUR)),
  callerPresses: optional(digits),
  callerRecordsSeconds: optional(number(0, HOUR)),
  actionOnHangup: optional(flag),
  stirVerstat: optional(words),
  callerName: optional(words),
  forwardedFrom: optional(words),
  wait: optional(flag),
});

export const messageRequest = object({
  from: caller,
  to: phone,
  body: text(/^[\s\S]{0,1600}$/, 'a text of up to 1600 characters'),
  mediaUrls: optional(listOf(mediaUrl, 10)),
  optOutType: optional(oneOf(['STOP', 'START', 'HELP'])),
  wait: optional(flag),
});

const callStatus = oneOf([
  'initiated',
  'ringing',
  'in-progress',
  'completed',
  'busy',
  'failed',
  'no-answer',
  'canceled',
]);

/** What Twilio knows of, and tells nobody about. */
export const knownRequest = object({
  texts: optional(
    listOf(
      object({ sid: sid('SM'), from: caller, to: phone, body: text(/^[\s\S]{0,1600}$/, 'a text') }),
      1_000,
    ),
  ),
  calls: optional(
    listOf(
      object({
        sid: sid('CA'),
        from: caller,
        to: phone,
        status: callStatus,
        durationSeconds: optional(number(0, HOUR)),
      }),
      1_000,
    ),
  ),
});

export const faultRequest = object({
  on: oneOf(faultTargets),
  answer: optional(oneOf(faultAnswers)),
  times: optional(number(1, 1_000_000)),
  share: optional(number(0, 1)),
  seed: optional(number(0, 2 ** 32 - 1)),
  delayMs: optional(number(0, LONGEST_WAIT_MS)),
  afterMs: optional(number(0, LONGEST_WAIT_MS)),
  spreadMs: optional(number(0, LONGEST_WAIT_MS)),
  error: optional(oneOf(['reset', 500])),
});

export const listingRequest = object({
  listLagMs: optional(number(0, LONGEST_WAIT_MS)),
  redacted: optional(flag),
  trial: optional(flag),
  smartEncoded: optional(flag),
});

export const accountRequest = object({
  authToken: text(/^\S{1,128}$/, 'a token of 1 to 128 characters'),
  debuggerUrl: optional(url),
});

export const numberRequest = object({
  accountSid: sid('AC'),
  messagingServiceSid: optional(nullable(sid('MG'))),
  voiceUrl: optional(url),
  voiceFallbackUrl: optional(nullable(url)),
  smsUrl: optional(url),
  smsFallbackUrl: optional(nullable(url)),
  statusCallback: optional(nullable(url)),
});

export const phoneNumber = phone;
export const accountSid = sid('AC');

import { ACCOUNT, newSid } from './webhooks.mjs';

/** Area codes of the mainland, but 415: the businesses have that. None of the sandbox's magic numbers begins or ends like these callers. */
const AREAS = '212 310 916 512 617 702 206 303 404 503 602 713 773 801 904 919'.split(' ');
const EXCHANGES = Array.from({ length: 800 }, (_, index) => String(200 + index)).filter(
  (code) => !/11$|^555$/.test(code),
);

let callers = 0;

/** A customer's number that nobody used before, on a prefix (all but the last four digits) of its own. */
export const newCaller = () => {
  const index = callers;
  callers += 1;
  const exchange = EXCHANGES[Math.floor(index / AREAS.length) % EXCHANGES.length];
  const round = Math.floor(index / (AREAS.length * EXCHANGES.length));
  return `+1${AREAS[index % AREAS.length]}${exchange}${2_000 + round}`;
};

const place = (prefix, city, zip) => ({
  [`${prefix}City`]: city,
  [`${prefix}State`]: 'CA',
  [`${prefix}Zip`]: zip,
  [`${prefix}Country`]: 'US',
});

const places = { ...place('From', 'SAN FRANCISCO', '94105'), ...place('To', 'OAKLAND', '94601') };

/** What Twilio says with every voice webhook: 25 parameters. */
export const voice = ({ callSid, from, to }, CallStatus, Direction = 'inbound') => ({
  AccountSid: ACCOUNT.accountSid,
  ApiVersion: '2010-04-01',
  CallSid: callSid,
  CallStatus,
  Direction,
  From: from,
  To: to,
  Caller: from,
  Called: to,
  ...places,
  ...place('Caller', 'SAN FRANCISCO', '94105'),
  ...place('Called', 'OAKLAND', '94601'),
});

export const progress = (sequence) => ({
  Timestamp: new Date().toUTCString(),
  CallbackSource: 'call-progress-events',
  SequenceNumber: String(sequence),
});

export const FORWARD_TO = '+14155550901';

/** One customer's call to a hub number, which nobody answers, and the text that follows it. */
export const newCall = (to) => ({
  callSid: newSid('CA'),
  legSid: newSid('CA'),
  textSid: newSid('SM'),
  from: newCaller(),
  to,
});

const incoming = (call) => voice(call, 'ringing');

const leg = (call, status, sequence) => ({
  ...voice({ callSid: call.legSid, from: call.from, to: FORWARD_TO }, status, 'outbound-dial'),
  ParentCallSid: call.callSid,
  ...progress(sequence),
  ...(status === 'no-answer' ? { CallDuration: '0' } : {}),
});

const dialEnded = (call) => ({
  ...voice(call, 'ringing'),
  DialCallSid: call.legSid,
  DialCallStatus: 'no-answer',
});

const completed = (call) => ({
  ...voice(call, 'completed'),
  ...progress(0),
  CallDuration: '24',
  Duration: '1',
});

export const inboundText = (
  { textSid, from, to },
  body = 'Hi, my kitchen faucet drips. Can you come on Tuesday?',
) => ({
  ToCountry: 'US',
  SmsMessageSid: textSid,
  NumMedia: '0',
  SmsSid: textSid,
  SmsStatus: 'received',
  Body: body,
  To: to,
  NumSegments: '1',
  MessageSid: textSid,
  AccountSid: ACCOUNT.accountSid,
  From: from,
  ApiVersion: '2010-04-01',
  ...places,
});

const CALL = '/webhooks/twilio/call';
const STATUS = '/webhooks/twilio/call/status';
const TEXT = '/webhooks/twilio/sms';

/** How many webhooks a missed call brings, with the text after it; the text-back's own callbacks come on top. */
export const WEBHOOKS_PER_CALL = 7;

/**
 * The webhooks of a missed call in their order, each at its time after the call's start. `to`: a path, or which
 * URL of the TwiML. Telephone time is shortened: nobody rings for 20 s.
 */
export const stepsOf = (call, random = Math.random) => {
  const late = 1_500 + random() * 2_000;
  const rang = 700 + random() * 300;
  return [
    { kind: 'call', afterMs: 0, to: () => CALL, params: incoming(call) },
    {
      kind: 'leg initiated',
      afterMs: 100 + random() * 50,
      to: ({ leg: url }) => url,
      params: leg(call, 'initiated', 0),
    },
    {
      kind: 'leg ringing',
      afterMs: 250 + random() * 100,
      to: ({ leg: url }) => url,
      params: leg(call, 'ringing', 1),
    },
    { kind: 'leg no-answer', afterMs: rang, to: ({ leg: url }) => url, params: leg(call, 'no-answer', 2) },
    { kind: 'dial action', afterMs: rang + 20, to: ({ dial }) => dial, params: dialEnded(call) },
    { kind: 'call completed', afterMs: rang + 60, to: () => STATUS, params: completed(call) },
    { kind: 'text', afterMs: rang + late, to: () => TEXT, params: inboundText(call) },
  ];
};

const attribute = (xml, name) => {
  const [, value] = new RegExp(` ${name}="([^"]+)"`).exec(xml) ?? [];
  if (value === undefined) throw new Error(`The TwiML has no ${name}: ${xml.slice(0, 300)}`);
  return value.replaceAll('&amp;', '&');
};

/** The URLs that a call's TwiML leads to. */
export const urlsIn = (twiml) => ({
  dial: attribute(twiml, 'action'),
  leg: attribute(twiml, 'statusCallback'),
});

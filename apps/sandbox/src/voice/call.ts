import { newSid } from '../sids.js';
import type { Params } from '../signature.js';

export type CallStatus =
  'initiated' | 'ringing' | 'in-progress' | 'completed' | 'busy' | 'failed' | 'no-answer' | 'canceled';

/** One leg as Twilio's Call resource keeps it. Times are epoch milliseconds. */
export interface Call {
  readonly sid: string;
  readonly accountSid: string;
  readonly parentCallSid: string | null;
  readonly from: string;
  readonly to: string;
  readonly direction: 'inbound' | 'outbound-dial';
  readonly createdAt: number;
  readonly callerName: string | undefined;
  readonly forwardedFrom: string | undefined;
  readonly stirVerstat: string | undefined;
  status: CallStatus;
  answeredAt: number | null;
  endedAt: number | null;
  /** Telephone seconds, once it has ended. */
  durationSeconds: number | null;
  answeredBy: string | null;
}

type NewCall = Pick<Call, 'accountSid' | 'from' | 'to' | 'direction' | 'status'> & Partial<Call>;

export const newCall = (call: NewCall): Call => ({
  sid: newSid('CA'),
  parentCallSid: null,
  createdAt: Date.now(),
  callerName: undefined,
  forwardedFrom: undefined,
  stirVerstat: undefined,
  answeredAt: null,
  endedAt: null,
  durationSeconds: null,
  answeredBy: null,
  ...call,
});

/** What every voice request says about the call. */
export function standardParams(call: Call): Params {
  return {
    AccountSid: call.accountSid,
    ApiVersion: '2010-04-01',
    CallSid: call.sid,
    CallStatus: call.status,
    Direction: call.direction,
    From: call.from,
    To: call.to,
    Caller: call.from,
    Called: call.to,
    ...place('From', call.from),
    ...place('To', call.to),
    ...place('Caller', call.from),
    ...place('Called', call.to),
    ...present({
      ParentCallSid: call.parentCallSid,
      CallerName: call.callerName,
      ForwardedFrom: call.forwardedFrom,
      StirVerstat: call.stirVerstat,
    }),
  };
}

/** The City, State, Zip and Country parameters of a number; Twilio leaves empty what it does not know. */
export const place = (prefix: string, number: string): Params => ({
  [`${prefix}City`]: '',
  [`${prefix}State`]: '',
  [`${prefix}Zip`]: '',
  [`${prefix}Country`]: number.startsWith('+1') ? 'US' : '',
});

/** Leaves out the parameters that have no value. */
export function present(params: Readonly<Record<string, string | null | undefined>>): Params {
  const given = Object.entries(params).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(given);
}

/** The status of an inbound call that ends now, if nothing said otherwise. */
export const finalStatus = (call: Call): CallStatus => (call.answeredAt === null ? 'no-answer' : 'completed');

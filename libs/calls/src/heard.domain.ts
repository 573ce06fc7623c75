import {
  askedObservation,
  digitObservation,
  finalObservation,
  isFinal,
  isTelling,
  legObservation,
  type Observation,
} from './evidence.domain.js';

/** What Twilio posted about a call, or a list said of it. */
export interface CallEvent {
  readonly kind: string;
  /** The call's own, also where a leg speaks. */
  readonly sid: string;
  readonly params: Readonly<Record<string, string>>;
  /** What our own URL carried: the plan, its reason, whether a key is asked for. */
  readonly context: Readonly<Record<string, string>>;
}

export type Heard = Readonly<Record<string, Observation>>;

const secondsIn = (text: string | undefined): number | null => (text === undefined ? null : Number(text));

const incoming = ({ plan, reason = '' }: CallEvent['context']): Heard => ({
  incoming: {},
  ...(plan === 'reject' ? { rejected: { status: reason } } : {}),
  ...(plan === 'unattended' ? { unattended: {} } : {}),
});

const dialed = ({ DialCallStatus = '', DialBridged, DialCallDuration }: CallEvent['params']): Heard => ({
  dial: {
    status: DialCallStatus,
    bridged: DialBridged === undefined ? null : DialBridged === 'true',
    durationSeconds: secondsIn(DialCallDuration),
  },
});

const reported = ({ sid, params }: CallEvent): Heard => {
  const { CallSid = '', CallStatus = '', AnsweredBy = '' } = params;
  const durationSeconds = secondsIn(params['CallDuration']);
  const machine: Heard = AnsweredBy === '' ? {} : { amd: { answeredBy: AnsweredBy } };
  if (CallSid !== sid) return { [legObservation(CallSid, CallStatus)]: { durationSeconds }, ...machine };
  return isFinal(CallStatus) ? { [finalObservation(CallStatus)]: { durationSeconds }, ...machine } : machine;
};

/** Which of several phones was asked for a key; null where there is one. */
const legOf = ({ params, context: { phones } }: CallEvent): string | null =>
  phones === undefined ? null : (params['CallSid'] ?? '');

/** What an event says of its call, each word under its own name; nothing when it says nothing new. */
export const heardIn = (event: CallEvent): Heard => {
  switch (event.kind) {
    case 'call.incoming':
      return incoming(event.context);
    case 'call.dial':
      return dialed(event.params);
    case 'call.screening':
      return { [askedObservation(legOf(event))]: {} };
    case 'call.digit':
      return { [digitObservation(legOf(event))]: { digit: event.params['Digits'] ?? '' } };
    case 'call.status':
      return reported(event);
    default:
      return {};
  }
};

/** The same with the plan that our URL names, which alone tells nothing. */
export const withPlan = (
  { context: { screening, phones } }: Pick<CallEvent, 'context'>,
  heard: Heard,
): Heard => {
  if (screening !== 'none' && screening !== 'keypress') return heard;
  return { plan: { screening, ...(phones === undefined ? {} : { phones: Number(phones) }) }, ...heard };
};

/** Whether it brings no verdict nearer: kept, and nobody judges. */
export const isNote = ({ kind }: Pick<CallEvent, 'kind'>, heard: Heard): boolean =>
  kind !== 'call.incoming' && !Object.keys(heard).some(isTelling);

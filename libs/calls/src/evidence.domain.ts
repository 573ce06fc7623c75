/** What was heard about a call, each observation under its own name: a set, so order and repetition are nothing. */
export type Evidence = Readonly<Record<string, Observation>>;

export interface Observation {
  /** When we heard it, by the database's clock (ISO 8601). */
  readonly at?: string;
  readonly status?: string;
  readonly bridged?: boolean | null;
  readonly durationSeconds?: number | null;
  readonly screening?: 'none' | 'keypress';
  /** How many phones are asked for a key, when more than one. */
  readonly phones?: number;
  readonly digit?: string;
  readonly answeredBy?: string;
}

/** What a dialled leg came to. */
export interface Leg {
  readonly answered: boolean;
  /** Its final status; null while it lives. */
  readonly ended: string | null;
  readonly durationSeconds: number | null;
}

const FINAL = ['completed', 'busy', 'failed', 'no-answer', 'canceled'];
const ANSWERED = ['in-progress', 'answered'];

/** Whether a call status is the last one of its call or leg. */
export const isFinal = (status: string): boolean => FINAL.includes(status);

/** The name under which a leg's status is kept. */
export const legObservation = (legSid: string, status: string): string => `leg:${legSid}:${status}`;

/** The name under which the call's own final status is kept. */
export const finalObservation = (status: string): string => `final:${status}`;

const kindOf = (name: string): string => name.split(':', 1)[0] ?? '';

const ofLeg = (kind: 'asked' | 'digit', legSid: string | null): string =>
  legSid === null ? kind : `${kind}:${legSid}`;

/** The name under which it is kept that a leg was asked for a key; null where only one phone is, as older hubs know it. */
export const askedObservation = (legSid: string | null): string => ofLeg('asked', legSid);

/** The name under which the key is kept that was pressed on a leg; null where only one phone is asked. */
export const digitObservation = (legSid: string | null): string => ofLeg('digit', legSid);

/** What each leg's answer to the screening was; empty where nothing was pressed. */
export const digitsOf = (evidence: Evidence): readonly string[] =>
  Object.entries(evidence).flatMap(([name, { digit = '' }]) => (kindOf(name) === 'digit' ? [digit] : []));

/** Whether a leg was asked for a key. */
export const wasAsked = (evidence: Evidence): boolean =>
  Object.keys(evidence).some((name) => kindOf(name) === 'asked');

/** The names under which the end of a call is heard. */
export const ENDS: readonly string[] = ['dial', ...FINAL.map(finalObservation)];

/** Whether the end of the call was heard, by whichever word. */
export const isEndHeard = (evidence: Evidence): boolean => ENDS.some((name) => evidence[name] !== undefined);

const RINGS = ['queued', 'initiated', 'ringing'];

/** Whether an observation can bring a verdict nearer: the plan alone cannot, nor a leg that only rings. */
export const isTelling = (name: string): boolean => {
  const [kind, , status = ''] = name.split(':');
  return kind === 'leg' ? !RINGS.includes(status) : name !== 'plan';
};

const UNHEARD: Leg = { answered: false, ended: null, durationSeconds: null };

/** A leg after one more of its statuses. A completed leg that lasted was answered. */
const heard = (leg: Leg, status: string, durationSeconds: number | null): Leg => {
  const answered = ANSWERED.includes(status) || (status === 'completed' && (durationSeconds ?? 0) > 0);
  const last = isFinal(status)
    ? { ended: status, durationSeconds: leg.durationSeconds ?? durationSeconds }
    : {};
  return { ...leg, ...last, answered: leg.answered || answered };
};

/** The legs, put together from their observations, in an order that does not depend on when they were heard. */
export const legsOf = (evidence: Evidence): readonly Leg[] => {
  const legs = new Map<string, Leg>();
  for (const name of Object.keys(evidence).sort()) {
    const durationSeconds = evidence[name]?.durationSeconds ?? null;
    const [kind, sid = '', status = ''] = name.split(':');
    if (kind === 'leg') legs.set(sid, heard(legs.get(sid) ?? UNHEARD, status, durationSeconds));
  }
  return [...legs.values()];
};

/** The call's own final status, of which the first in a fixed order counts; null while it lives. */
export const finalOf = (evidence: Evidence): Observation | null => {
  const status = FINAL.find((one) => evidence[finalObservation(one)] !== undefined);
  return status === undefined ? null : { ...evidence[finalObservation(status)], status };
};

/** When the last word of it was heard (ISO 8601, by the database's clock); null when nothing was. */
export const lastHeardAt = (evidence: Evidence): string | null =>
  Object.values(evidence)
    .flatMap(({ at }) => (at === undefined ? [] : [at]))
    .sort()
    .at(-1) ?? null;

export const faultTargets = [
  'messages.create',
  'messages.list',
  'messages.fetch',
  'messages.update',
  'messages.callback',
  'calls.list',
  'calls.fetch',
  'calls.update',
  'media.list',
  'accounts.get',
] as const;

export type FaultTarget = (typeof faultTargets)[number];

/**
 * `accept-then-…`: Twilio did it, and the answer is lost. `accept-later`: the request fails, and Twilio does it
 * `afterMs` later. `none`: the right answer, for a fault that only delays. `drop`: a callback that never goes out.
 */
export const faultAnswers = [
  404,
  429,
  500,
  503,
  'reset',
  'hang',
  'accept-then-reset',
  'accept-then-hang',
  'accept-then-500',
  'accept-later',
  'none',
  'drop',
] as const;

export type FaultAnswer = (typeof faultAnswers)[number];

export interface FaultRequest {
  readonly on: FaultTarget;
  readonly answer?: FaultAnswer | undefined;
  /** How many requests it hits, 1 without it and without a share. */
  readonly times?: number | undefined;
  /** Or which share of them, 0 to 1, until the faults are cleared. */
  readonly share?: number | undefined;
  /** The same seed draws the same requests and times. */
  readonly seed?: number | undefined;
  /** Milliseconds before the answer; what is asked for is done at once. */
  readonly delayMs?: number | undefined;
  /** With `accept-later`: milliseconds from the request to its acceptance. */
  readonly afterMs?: number | undefined;
  /** With `accept-later`: so much more at most, drawn for each request. */
  readonly spreadMs?: number | undefined;
  /** With `accept-later`: how the request fails, by a reset without it. */
  readonly error?: 'reset' | 500 | undefined;
}

/** What a request meets. */
export interface Struck {
  readonly answer: FaultAnswer;
  readonly delayMs: number;
  readonly acceptAfterMs: number;
  readonly error: 'reset' | 500;
}

/** A fault as it is listed: what was asked for, with its defaults. */
export type Fault = FaultRequest & { readonly answer: FaultAnswer };

interface Waiting {
  fault: Fault;
  readonly random: () => number;
}

/** mulberry32, a small seeded generator (public domain). */
const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

interface Rule {
  readonly says: string;
  readonly isBroken: (fault: FaultRequest) => boolean;
}

const isLater = ({ answer }: FaultRequest): boolean => answer === 'accept-later';

const rules: readonly Rule[] = [
  {
    says: 'body takes times or share, not both',
    isBroken: ({ times, share }) => times !== undefined && share !== undefined,
  },
  {
    says: 'body.answer must be given, unless body.delayMs is',
    isBroken: ({ answer, delayMs }) => (answer ?? 'none') === 'none' && delayMs === undefined,
  },
  {
    says: 'body.answer accept-later is for messages.create, and takes body.afterMs',
    isBroken: (fault) => isLater(fault) && (fault.on !== 'messages.create' || fault.afterMs === undefined),
  },
  {
    says: 'body.afterMs, spreadMs and error go with the answer accept-later',
    isBroken: (fault) => !isLater(fault) && (fault.afterMs ?? fault.spreadMs ?? fault.error) !== undefined,
  },
  {
    says: 'body.answer drop, and body.delayMs without an answer, are what messages.callback takes; drop is for it alone',
    isBroken: ({ on, answer = 'none' }) =>
      on === 'messages.callback' ? !['drop', 'none'].includes(String(answer)) : answer === 'drop',
  },
];

/** What a fault asks for that cannot be; undefined when it can. */
export const mistakeIn = (fault: FaultRequest): string | undefined =>
  rules.find(({ isBroken }) => isBroken(fault))?.says;

/** Faults asked for, first in, first used. */
export class Faults {
  #waiting: Waiting[] = [];

  /** Adds a fault that has no mistake in it. */
  add(request: FaultRequest): Fault {
    const times = request.share === undefined ? (request.times ?? 1) : undefined;
    const fault = { ...request, answer: request.answer ?? 'none', times };
    this.#waiting.push({ fault, random: request.seed === undefined ? Math.random : seeded(request.seed) });
    return fault;
  }

  clear(): void {
    this.#waiting = [];
  }

  list(): readonly Fault[] {
    return this.#waiting.map(({ fault }) => fault);
  }

  /** What this request meets; a fault that counts is used up by one. */
  take(on: FaultTarget): Struck | null {
    const struck = this.#waiting.find(
      ({ fault, random }) => fault.on === on && random() < (fault.share ?? 1),
    );
    if (!struck) return null;
    const { fault, random } = struck;
    if (fault.times === 1) this.#waiting = this.#waiting.filter((one) => one !== struck);
    else if (fault.times !== undefined) struck.fault = { ...fault, times: fault.times - 1 };
    return {
      answer: fault.answer,
      delayMs: fault.delayMs ?? 0,
      acceptAfterMs: (fault.afterMs ?? 0) + random() * (fault.spreadMs ?? 0),
      error: fault.error ?? 'reset',
    };
  }
}

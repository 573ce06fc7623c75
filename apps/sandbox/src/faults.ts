export const faultTargets = [
  'messages.create',
  'messages.list',
  'messages.fetch',
  'messages.update',
  'calls.list',
  'calls.fetch',
  'calls.update',
  'accounts.get',
] as const;

export type FaultTarget = (typeof faultTargets)[number];

/** `accept-then-…`: Twilio did it, and the answer is lost. */
export const faultAnswers = [
  429,
  500,
  503,
  'reset',
  'hang',
  'accept-then-reset',
  'accept-then-hang',
  'accept-then-500',
] as const;

export type FaultAnswer = (typeof faultAnswers)[number];

export interface Fault {
  readonly on: FaultTarget;
  readonly answer: FaultAnswer;
  /** How many requests it still hits. */
  readonly times: number;
}

/** Faults asked for, first in, first used. */
export class Faults {
  #waiting: Fault[] = [];

  add(fault: Fault): void {
    this.#waiting.push(fault);
  }

  clear(): void {
    this.#waiting = [];
  }

  list(): readonly Fault[] {
    return this.#waiting;
  }

  /** The fault for this request, used up by one. */
  take(on: FaultTarget): FaultAnswer | null {
    const index = this.#waiting.findIndex((fault) => fault.on === on);
    const fault = this.#waiting[index];
    if (!fault) return null;
    if (fault.times > 1) this.#waiting[index] = { ...fault, times: fault.times - 1 };
    else this.#waiting.splice(index, 1);
    return fault.answer;
  }
}

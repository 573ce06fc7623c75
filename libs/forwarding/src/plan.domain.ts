/** What the plan is decided by: all of it from memory and the request. */
export interface PlanInput {
  readonly from: string;
  readonly forwardedFrom: string | null;
  readonly forwardTo: readonly string[];
  readonly suspended: boolean;
  readonly ringSeconds: number;
  readonly screening: 'none' | 'keypress';
  /** Targets that turned out to be numbers of this hub. */
  readonly hubTargets: readonly string[];
}

/** What is done with a call. */
export type Plan =
  | {
      readonly kind: 'dial';
      readonly targets: readonly string[];
      readonly ringSeconds: number;
      readonly screening: 'none' | 'keypress';
    }
  /** Nobody can be rung: the caller is told, and texted. */
  | { readonly kind: 'unattended' }
  | { readonly kind: 'reject'; readonly reason: 'suspended' | 'loop' };

/** One check of a decision, as the trace keeps it. */
export interface Check {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly verdict: string;
}

export interface PlannedCall {
  readonly plan: Plan;
  readonly checks: readonly Check[];
}

/**
 * The default plan: every target of the number rings together. A target that would bring the call back here
 * is left out: one that is calling, one that forwarded the call to us, and a number of this hub.
 */
export const planFor = (input: PlanInput): PlannedCall => {
  const { from, forwardedFrom, forwardTo, hubTargets, ringSeconds, screening } = input;
  const looping = forwardTo.filter(
    (target) => target === from || target === forwardedFrom || hubTargets.includes(target),
  );
  const targets = forwardTo.filter((target) => !looping.includes(target));
  const checks: Check[] = [
    {
      name: 'tenant-active',
      input: { suspended: input.suspended },
      verdict: input.suspended ? 'suspended' : 'pass',
    },
    {
      name: 'no-loop',
      input: { targets: forwardTo.length, looping: looping.length },
      verdict: looping.length > 0 ? 'loop' : 'pass',
    },
    {
      name: 'targets',
      input: { ringing: targets.length, ringSeconds, screening },
      verdict: targets.length > 0 ? 'dial' : 'none',
    },
  ];
  const plan = (): Plan => {
    if (input.suspended) return { kind: 'reject', reason: 'suspended' };
    if (targets.length > 0) return { kind: 'dial', targets, ringSeconds, screening };
    return looping.length > 0 ? { kind: 'reject', reason: 'loop' } : { kind: 'unattended' };
  };
  return { plan: plan(), checks };
};

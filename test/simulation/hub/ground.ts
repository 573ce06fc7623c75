import type { Host } from '../host.js';
import type { Store } from '../store.js';
import type { World } from '../world.js';

/** What the tenant has set; durations name their unit. */
export interface Settings {
  readonly aiTakeoverSeconds: number;
  readonly aiReclaimSeconds: number | null;
  readonly textBackCooldownMinutes: number;
  readonly minRingSeconds: number;
  readonly screening: 'none' | 'keypress';
  readonly dailyMessageCap: number | null;
  readonly prefixTextBackCap: number | null;
  /** W: how long after an attempt Twilio's list is left alone. */
  readonly windowMs: number;
}

/** What every part of the hub stands on. */
export interface Ground {
  readonly world: World;
  readonly store: Store;
  readonly settings: Settings;
  readonly hosts: readonly Host[];
}

export const TENANT = 'T1';
export const ACCOUNT = 'AC1';
export const HUB_NUMBER = '+14155550100';

/** A host that takes something up right now; undefined when none does. */
export const ableHost = ({ world, hosts }: Ground, but?: Host): Host | undefined =>
  world.random.any(hosts.filter((host) => host.able && host !== but));

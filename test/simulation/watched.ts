import type { Host } from './host.js';
import type { Settings } from './hub/ground.js';
import type { Carrier } from './outside/carrier.js';
import type { Store } from './store.js';
import type { World } from './world.js';

/** All that the invariants look at. */
export interface Watched {
  readonly world: World;
  readonly settings: Settings;
  readonly store: Store;
  readonly carrier: Carrier;
  readonly hosts: readonly Host[];
}

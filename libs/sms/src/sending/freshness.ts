import { MAY_LEAVE_MS } from './pace.domain.js';

/** When an attempt was opened by this process's clocks, in milliseconds; read before its transaction began. */
interface Opened {
  readonly monotonic: number;
  readonly wall: number;
}

export const openedNow = (): Opened => ({ monotonic: performance.now(), wall: Date.now() });

/** By both clocks: the monotonic one stands still while a machine sleeps, the other may be set back. */
export const isFresh = ({ monotonic, wall }: Opened): boolean =>
  performance.now() - monotonic < MAY_LEAVE_MS && Date.now() - wall < MAY_LEAVE_MS;

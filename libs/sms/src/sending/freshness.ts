/** An attempt may leave for so long after it was opened; a process that was frozen in between lets it be. */
const MAY_LEAVE_MS = 15_000;

/** When an attempt was opened by this process's clocks, in milliseconds; read before its transaction began. */
interface Opened {
  readonly monotonic: number;
  readonly wall: number;
}

export const openedNow = (): Opened => ({ monotonic: performance.now(), wall: Date.now() });

/** By both clocks: the monotonic one stands still while a machine sleeps, the other may be set back. */
export const isFresh = ({ monotonic, wall }: Opened): boolean =>
  performance.now() - monotonic < MAY_LEAVE_MS && Date.now() - wall < MAY_LEAVE_MS;

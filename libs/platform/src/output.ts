import sonicBoom, { type SonicBoom } from 'sonic-boom';

/** What waits in memory for a reader that stands still, in bytes. */
const WAITING_BYTES = 131_072;
/** How often the end of the process tries to write what waits; sonic-boom lets 100 ms pass between two times. */
const LAST_TRIES = 5;

/**
 * The process's standard output, which keeps nobody waiting and fails nobody: not when its reader is gone or stands
 * still, and not when its disk is full. What cannot be written waits; what has no room is dropped.
 * (pino 10's own never lets a process exit whose reader is gone: flushSync of sonic-boom 4 tries without end.)
 * @param onDropped told how many lines were dropped, once lines are written again
 */
export const standardOutput = (onDropped: (lines: number) => void): SonicBoom => {
  let dropped = 0;
  let lastTries = Number.POSITIVE_INFINITY;
  const retryEAGAIN = (): boolean => (lastTries -= 1) > 0;
  const output = new sonicBoom.SonicBoom({ fd: 1, sync: false, maxLength: WAITING_BYTES, retryEAGAIN });
  output.on('error', () => undefined); // the next line tries again
  output.on('drop', () => (dropped += 1));
  output.on('drain', () => {
    const lines = dropped;
    dropped = 0;
    if (lines > 0) onDropped(lines);
  });
  process.once('exit', () => {
    lastTries = LAST_TRIES;
    try {
      output.flushSync();
    } catch {
      // nobody reads it
    }
  });
  return output;
};

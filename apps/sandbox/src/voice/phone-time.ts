/** A timer may fire a little early or late; at a small scale that is a visible part of a second. */
const JITTER_SECONDS = 0.25;

/** The telephone's clock: one of its seconds lasts `scale` real ones. */
export class PhoneTime {
  constructor(private readonly scale: number) {}

  /** Real milliseconds of so many telephone seconds. */
  ms(seconds: number): number {
    return seconds * 1000 * this.scale;
  }

  /** Whole telephone seconds between two moments (epoch milliseconds). */
  seconds(from: number, to: number): number {
    return Math.floor((to - from) / (1000 * this.scale) + JITTER_SECONDS);
  }
}

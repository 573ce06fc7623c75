import { Injectable } from '@nestjs/common';
import { BurstyRateLimiter, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { Configuration } from '#libs/platform';

const BURST_EVERY_SECONDS = 10;

/** Requests per second and key, with a burst on top, counted in this process. */
@Injectable()
export class RateLimit {
  private readonly limiter: BurstyRateLimiter;

  constructor({ API_RATE_PER_SECOND: perSecond, API_RATE_BURST: burst }: Configuration) {
    this.limiter = new BurstyRateLimiter(
      new RateLimiterMemory({ points: perSecond, duration: 1 }),
      new RateLimiterMemory({ points: Math.max(0, burst - perSecond), duration: BURST_EVERY_SECONDS }),
    );
  }

  /** Takes one request; gives the seconds to wait, 0 when there is none. */
  async take(holder: string): Promise<number> {
    try {
      await this.limiter.consume(holder);
      return 0;
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      return Math.max(1, Math.ceil(refusal.msBeforeNext / 1000));
    }
  }
}

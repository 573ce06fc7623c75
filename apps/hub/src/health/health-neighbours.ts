import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { Configuration } from '#libs/platform';
import { TwilioHealth } from '#libs/twilio';

/** Those outside, as our own requests found them; nobody is asked. */
@Injectable()
export class HealthNeighbours {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly twilio: TwilioHealth,
    private readonly settings: Configuration,
  ) {}

  all(): (() => HealthIndicatorResult)[] {
    const { settings, twilio } = this;
    const configured = (name: string, url: string | undefined): HealthIndicatorResult =>
      this.indicators.check(name).up({ configured: url !== undefined });
    return [
      () =>
        this.indicators
          .check('twilio')
          .up({ degraded: twilio.state.status !== 'ok', failing: twilio.state.failing.length }),
      () => configured('ai', settings.DISPATCH_BOT_URL),
      () => configured('callService', settings.AS_CALL_SERVICE_URL),
    ];
  }
}

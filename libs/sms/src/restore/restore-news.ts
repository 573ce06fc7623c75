import { Injectable } from '@nestjs/common';
import { Log, Metrics } from '#libs/platform';

/** Tells whoever watches the hub of a database that went back in time. */
@Injectable()
export class RestoreNews {
  constructor(
    private readonly log: Log,
    private readonly metrics: Metrics,
  ) {}

  /** Attempts that were committed are gone: a backup was restored. Nothing is sent until Twilio's lists were compared. */
  wentBack(numbers: { readonly known: number; readonly found: number }): void {
    this.metrics.restores.inc();
    this.log.error(
      'the database went back in time: sends wait until they were compared with Twilio',
      undefined,
      numbers,
    );
  }

  reconciled(accountSid: string): void {
    this.log.info('what was sent was compared with Twilio: the account sends again', { accountSid });
  }

  notReconciled(accountSid: string, error: string): void {
    this.log.warn('what was sent cannot be compared with Twilio yet: the account does not send', {
      accountSid,
      error,
    });
  }
}

import { Injectable } from '@nestjs/common';
import { Log, Metrics } from '#libs/platform';

/** Tells whoever watches the hub of a database that went back in time. */
@Injectable()
export class RestoreNews {
  private trouble: string | null = null;

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

  /** Whether the database went back cannot be told, and its outage is not why: said once for each cause. */
  notLooked(error: unknown): void {
    if (this.trouble === String(error)) return;
    this.trouble = String(error);
    this.log.error(
      'nobody can tell whether the database went back in time: its sends cannot be looked at',
      error,
    );
  }

  looked(): void {
    this.trouble = null;
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

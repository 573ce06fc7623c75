import { Injectable } from '@nestjs/common';
import { circuitBreaker, ConsecutiveBreaker, handleAll } from 'cockatiel';
import { Configuration, Egress } from '#libs/platform';

import type { DeliveryKind } from './call-service.domain.js';

const TIMEOUT_MS = 5_000;
const LONGEST_ANSWER_BYTES = 1024 * 1024;
const FAILURES_TO_OPEN = 3;
const PROBE_AFTER_MS = 5_000;

/** Answers that say "not this one" rather than "not now"; they tell nothing of the service's health. */
const isRefusal = (status: number): boolean => status >= 400 && status < 500 && status !== 429;

/** AS-Call-Service over HTTP (contract.md, section 7). While it hangs or fails, a breaker answers in its place. */
@Injectable()
export class CallService {
  private readonly breaker = circuitBreaker(handleAll, {
    halfOpenAfter: PROBE_AFTER_MS,
    breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN),
  });

  constructor(
    private readonly settings: Configuration,
    private readonly egress: Egress,
  ) {}

  /** Whether the operator configured it. */
  get configured(): boolean {
    return this.settings.AS_CALL_SERVICE_URL !== undefined;
  }

  /** Tells it something; the same `eventId` is the same event. @throws unless it took it (2xx) within 5 s */
  async tell(kind: DeliveryKind, eventId: string, body: Readonly<Record<string, unknown>>): Promise<void> {
    const url = this.settings.AS_CALL_SERVICE_URL;
    if (url === undefined) throw new Error('AS_CALL_SERVICE_URL is not set.');
    const status = await this.breaker.execute(() => this.post(`${url}/calls/${kind}`, eventId, body));
    if (isRefusal(status)) throw new Error(`AS-Call-Service answered ${status}.`);
  }

  private async post(url: string, eventId: string, body: Readonly<Record<string, unknown>>): Promise<number> {
    const key = this.settings.AS_CALL_SERVICE_KEY;
    const { status } = await this.egress.send({
      method: 'POST',
      url,
      headers: {
        'content-type': 'application/json',
        'idempotency-key': eventId,
        ...(key === undefined ? {} : { 'x-service-key': key }),
      },
      body: JSON.stringify(body),
      timeoutMs: TIMEOUT_MS,
      limitBytes: LONGEST_ANSWER_BYTES,
    });
    const taken = status >= 200 && status < 300;
    if (!taken && !isRefusal(status)) throw new Error(`AS-Call-Service answered ${status}.`);
    return status;
  }
}

import { IsIn } from 'class-validator';
import { Maybe, PageQuery } from '#libs/platform';

export class CallServiceDeliveryQuery extends PageQuery {
  @Maybe() @IsIn(['pending', 'delivered', 'dead']) readonly status?: 'pending' | 'delivered' | 'dead';
}

export class CallServiceDeliveryView {
  /** The event's id, sent as `Idempotency-Key`. */
  readonly id: string;
  readonly callId: string;
  readonly kind: 'incoming' | 'missed';
  /** `dead` was tried for three days. */
  readonly status: 'pending' | 'delivered' | 'dead';
  readonly attempts: number;
  /** When it is tried next; null once it is settled. */
  readonly nextAt: string | null;
  readonly lastError: string | null;
  readonly createdAt: string;
}

export class CallServiceDeliveryPage {
  readonly data: CallServiceDeliveryView[];
  readonly nextCursor: string | null;
}

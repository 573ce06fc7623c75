import { Injectable } from '@nestjs/common';
import { Jobs } from '#libs/durable';
import { Tx } from '#libs/platform';

/** The task that sends a conversation's oldest due text. */
const DELIVER = 'sms.deliver';

/** The task that looks into an attempt of which nobody knows the end. */
const SETTLE = 'sms.settle';

/** Which look this is, and how many before it found nothing. */
export interface Looks {
  readonly look: number;
  readonly absences: number;
}

/** Before what nobody waits for. */
const PRIORITY = -10;

/** The alarms of outgoing texts: whoever makes one due, or its way free, or its end doubtful, sets one. */
@Injectable()
export class SendAlarm {
  constructor(private readonly jobs: Jobs) {}

  /** Says who sends what is due. */
  onDue(send: (tenantId: string, conversationId: string) => Promise<void>): void {
    this.jobs.handle(DELIVER, ({ tenantId = '', conversationId = '' }) => send(tenantId, conversationId));
  }

  /** Says who looks into doubtful attempts. */
  onLook(settle: (tenantId: string, attemptId: string, looks: Looks) => Promise<void>): void {
    this.jobs.handle(SETTLE, ({ tenantId = '', attemptId = '', look, absences = '0' }) =>
      settle(tenantId, attemptId, { look: Number(look), absences: Number(absences) }),
    );
  }

  /** @param when by the database's clock; at once, unless given */
  set(tx: Tx, conversationId: string, when: { readonly at?: Date; readonly inMs?: number } = {}): void {
    const payload = { tenantId: tx.tenantId ?? '', conversationId };
    this.jobs.add(tx, DELIVER, payload, { ...when, priority: PRIORITY });
  }

  /** Has an attempt looked into, so many milliseconds from now. */
  look(tx: Tx, attemptId: string, { look, absences }: Looks, inMs: number): void {
    const looks = { look: String(look), absences: String(absences) };
    this.jobs.add(tx, SETTLE, { tenantId: tx.tenantId ?? '', attemptId, ...looks }, { inMs });
  }
}

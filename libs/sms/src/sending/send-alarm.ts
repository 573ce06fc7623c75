import { Injectable } from '@nestjs/common';
import { Jobs } from '#libs/durable';
import { Tx } from '#libs/platform';

/** The task that sends a conversation's oldest due text. */
const DELIVER = 'sms.deliver';

/** The task that looks into an attempt of which nobody knows the end. */
const SETTLE = 'sms.settle';

/** Before what nobody waits for. */
const PRIORITY = -10;

/** By the database's clock; at once, unless given. */
interface When {
  readonly at?: Date;
  readonly inMs?: number;
}

/** The alarms of outgoing texts: whoever makes one due, or its way free, or its end doubtful, sets one. */
@Injectable()
export class SendAlarm {
  constructor(private readonly jobs: Jobs) {}

  /** Says who sends what is due. */
  onDue(send: (tenantId: string, conversationId: string) => Promise<void>): void {
    this.jobs.handle(DELIVER, ({ tenantId = '', conversationId = '' }) => send(tenantId, conversationId));
  }

  /** Says who looks into doubtful attempts. */
  onLook(settle: (tenantId: string, attemptId: string) => Promise<void>): void {
    this.jobs.handle(SETTLE, ({ tenantId = '', attemptId = '' }) => settle(tenantId, attemptId));
  }

  /** A request that goes on after its job has ended. */
  linger(request: Promise<void>): void {
    this.jobs.linger(request);
  }

  /** Has what is due in a conversation sent. */
  set(tx: Tx, conversationId: string, when: When = {}): void {
    const payload = { tenantId: tx.tenantId ?? '', conversationId };
    this.jobs.add(tx, DELIVER, payload, { ...when, priority: PRIORITY });
  }

  /** Has an attempt looked into. */
  look(tx: Tx, attemptId: string, when: When): void {
    this.jobs.add(tx, SETTLE, { tenantId: tx.tenantId ?? '', attemptId }, when);
  }
}

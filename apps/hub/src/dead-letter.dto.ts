export class DeadLetterView {
  readonly id: string;
  /** Whose it is; null when nobody knows, which only the operator's key gets to see. */
  readonly tenantId: string | null;
  readonly kind: 'job' | 'webhook-event';
  /** The task, or the kind of event. */
  readonly name: string;
  /** What it failed of last. */
  readonly error: string;
  readonly attempts: number;
  readonly createdAt: string;
}

export class DeadLetterPage {
  readonly data: DeadLetterView[];
  readonly nextCursor: string | null;
}

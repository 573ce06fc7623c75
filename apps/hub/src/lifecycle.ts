import type { ServerResponse } from 'node:http';

import { Injectable, type OnModuleDestroy } from '@nestjs/common';

/** Whether the process is on its way out: readiness and every answer say so before the doors close. */
@Injectable()
export class Lifecycle implements OnModuleDestroy {
  private isStopping = false;
  private readonly inHand = new Set<ServerResponse>();

  get stopping(): boolean {
    return this.isStopping;
  }

  /** How many are being answered. */
  get requests(): number {
    return this.inHand.size;
  }

  /** Readiness is 503 from here on, and every answer ends its connection, those of requests in hand included. */
  stop(): void {
    this.isStopping = true;
    for (const response of this.inHand) this.sayGoodbye(response);
  }

  /** A request came in, and this will be its answer. */
  answering(response: ServerResponse): void {
    if (this.isStopping) this.sayGoodbye(response);
    this.inHand.add(response);
    response.once('close', () => this.inHand.delete(response));
  }

  onModuleDestroy(): void {
    this.stop();
  }

  private sayGoodbye(response: ServerResponse): void {
    if (!response.headersSent) response.setHeader('connection', 'close');
  }
}

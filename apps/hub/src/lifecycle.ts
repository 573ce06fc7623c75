import { Injectable, type OnModuleDestroy } from '@nestjs/common';

/** Whether the process is on its way out: readiness says so before the doors close. */
@Injectable()
export class Lifecycle implements OnModuleDestroy {
  private isStopping = false;

  get stopping(): boolean {
    return this.isStopping;
  }

  /** Readiness is 503 from here on. */
  stop(): void {
    this.isStopping = true;
  }

  onModuleDestroy(): void {
    this.stop();
  }
}

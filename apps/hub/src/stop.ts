import type { Server } from 'node:http';

import type { NestExpressApplication } from '@nestjs/platform-express';
import { Retirement } from '#libs/durable';
import { Configuration, Log, pause, STOP_MS, within } from '#libs/platform';

import type { EmbeddedPostgres } from './database/embedded-postgres.js';
import { Lifecycle } from './lifecycle.js';

/** Takes no connection any more, and waits for the answers to the requests in hand (doors.ts). */
const closed = (server: Server): Promise<void> => new Promise((done) => server.close(() => done()));

/** The end of a hub, each part within its share (STOP_MS); and what to say when that is not enough. */
export class Stop {
  private readonly under = new Set<string>();
  private readonly settings: Configuration;
  private readonly log: Log;
  private readonly lifecycle: Lifecycle;
  private readonly retirement: Retirement;

  constructor(
    private readonly app: NestExpressApplication,
    private readonly embedded: EmbeddedPostgres | null,
  ) {
    this.settings = app.get(Configuration);
    this.log = app.get(Log);
    this.lifecycle = app.get(Lifecycle);
    this.retirement = app.get(Retirement);
  }

  /**
   * Jobs in hand finish, while requests are served as long as a balancer needs to hear of it; then requests in hand;
   * then all is closed. An embedded database that takes longer ends by itself.
   * @returns how many events are lost
   */
  async run(): Promise<number> {
    this.lifecycle.stop();
    this.log.info('stopping: requests and jobs in hand finish');
    const jobs = this.step('jobs', this.retirement.begin());
    await Promise.all([pause(this.settings.lameDuckMs), within(jobs, STOP_MS.serving)]);
    await Promise.all([this.step('requests', closed(this.app.getHttpServer() as Server)), jobs]);
    await this.step('spool and connections', this.app.close());
    if (this.embedded !== null) await this.step('embedded database', this.embedded.stop());
    return this.retirement.end();
  }

  /** Says what was still in hand, and what is lost of it. @returns how many events are lost */
  cutOff(): number {
    const { jobs, webhooks } = this.retirement.inHand;
    const lost = this.retirement.end();
    const inHand = { under: [...this.under], requests: this.lifecycle.requests, webhooks, jobs };
    this.log.error('the stop was cut off', undefined, { ...inHand, lost });
    return lost;
  }

  private step<T>(name: string, work: Promise<T>): Promise<T> {
    this.under.add(name);
    return work.finally(() => this.under.delete(name));
  }
}

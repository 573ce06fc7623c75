import { Injectable } from '@nestjs/common';
import { Client } from 'pg';
import { DatabaseAddress } from '#libs/platform';

const RECONNECT_MS = 1_000;

/** Listens to `routing_changed` on a connection of its own, and comes back when it is cut. */
@Injectable()
export class RoutingFeed {
  private client: Client | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(private readonly address: DatabaseAddress) {}

  /** Calls `changed` for each notification, and once after every reconnection. */
  start(changed: () => void): void {
    this.stopped = false;
    void this.listen(changed);
  }

  /** Does not wait for the server's goodbye: one that is frozen never says it. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    void this.client?.end().catch(() => undefined);
  }

  private async listen(changed: () => void): Promise<void> {
    try {
      const client = this.connection();
      this.client = client;
      client.on('notification', changed);
      client.on('error', () => this.later(client, changed));
      client.on('end', () => this.later(client, changed));
      await client.connect();
      await client.query('listen routing_changed');
      changed();
    } catch {
      this.later(this.client, changed);
    }
  }

  private connection(): Client {
    return new Client({
      connectionString: this.address.url,
      options: this.address.options,
      application_name: 'twilio-server routing',
      connectionTimeoutMillis: 3_000,
      keepAlive: true,
    });
  }

  private later(client: Client | undefined, changed: () => void): void {
    if (this.stopped || this.client !== client) return;
    this.client = undefined;
    void client?.end().catch(() => undefined);
    this.timer = setTimeout(() => void this.listen(changed), RECONNECT_MS);
  }
}

import { createServer, type Server } from 'node:http';

import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

import { Configuration } from './config.js';

/** How often the event loop's delay is looked at: each look wakes the process up. */
const LOOP_PRECISION_MS = 100;

/** Prometheus metrics, served on the private port and nowhere else. */
@Injectable()
export class Metrics implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly registry = new Registry();
  private server: Server | undefined;

  readonly webhooks = new Histogram({
    name: 'hub_webhook_seconds',
    help: 'Time from a webhook to its answer',
    labelNames: ['kind', 'verdict'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 2, 5],
    registers: [this.registry],
  });
  readonly lostEvents = this.counter(
    'hub_events_lost_total',
    'Webhook events that nothing keeps, answered or refused',
    ['kind'],
  );
  readonly jobs = this.counter('hub_jobs_total', 'Jobs run, by task and end', ['task', 'end']);
  readonly texts = this.counter('hub_texts_total', 'Outgoing texts by what became of the attempt', [
    'outcome',
  ]);
  readonly heldTexts = this.counter(
    'hub_held_texts_total',
    'Texts held because nobody can tell whether they left',
    [],
  );
  readonly restores = this.counter(
    'hub_database_restores_total',
    'Times that the database was found to have gone back in time',
    [],
  );
  readonly spooledEvents = this.counter(
    'hub_events_spooled_total',
    'Webhook events written to the spool, and why',
    ['kind', 'because'],
  );
  readonly drainedEvents = this.counter('hub_events_drained_total', 'Spooled events by what became of them', [
    'verdict',
  ]);
  readonly spoolDamaged = this.counter(
    'hub_spool_damaged_total',
    'Ranges and records of the spool that could not be read',
    [],
  );
  readonly spoolBytes = this.gauge('hub_spool_bytes', 'What the spool takes of the disk');
  readonly spoolRecords = this.gauge('hub_spool_records', 'Spooled events that wait for the database');
  readonly databaseAway = this.gauge(
    'hub_database_away',
    '1 while nobody waits for PostgreSQL any more, else 0',
  );
  readonly deadLetters = this.gauge(
    'hub_dead_letters',
    'Jobs and webhook events that are not tried any more, over all tenants',
  );
  readonly snapshotVersion = this.gauge(
    'hub_snapshot_loaded_timestamp_seconds',
    'When the routing snapshot last agreed with the database',
  );

  constructor(private readonly settings: Configuration) {
    if (settings.NODE_ENV !== 'test')
      collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: LOOP_PRECISION_MS });
  }

  /** A counter of this registry; names follow Prometheus' conventions. */
  counter<L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  /** A gauge of this registry. */
  gauge(name: string, help: string): Gauge {
    return new Gauge({ name, help, registers: [this.registry] });
  }

  async onApplicationBootstrap(): Promise<void> {
    if (this.settings.NODE_ENV === 'test') return;
    const server = createServer((request, response) => void this.serve(request.url ?? '/', response));
    this.server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.settings.METRICS_PORT, this.settings.METRICS_HOST, resolve);
    });
  }

  async onApplicationShutdown(): Promise<void> {
    const server = this.server;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  private async serve(url: string, response: import('node:http').ServerResponse): Promise<void> {
    if (url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    const text = await this.registry.metrics();
    response.writeHead(200, { 'content-type': this.registry.contentType }).end(text);
  }
}

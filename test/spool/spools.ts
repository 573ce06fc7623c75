import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Spool, type InboxEvent } from '#libs/durable';
import { Log, Metrics, pause, readConfiguration, Sealer, SealingKey } from '#libs/platform';

const KEY = randomBytes(32);

type Waiting = Awaited<ReturnType<Spool['next']>>[number];

export const eventOf = (number: number, body = 'hi'): InboxEvent => ({
  key: `key-${number}`,
  kind: 'sms.incoming',
  accountSid: `AC${'1'.repeat(32)}`,
  sid: `SM${number}`,
  tenantId: null,
  params: { Body: body },
  context: {},
  answer: '<Response/>',
});

export const range = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `key-${from + index}`);

export const fill = (spool: Spool, from: number, to: number, body?: string): Promise<unknown> =>
  Promise.all(Array.from({ length: to - from }, (_, index) => spool.append(eventOf(from + index, body))));

/** All that waits, as a drain finds it. */
export const keysIn = async (
  spool: Spool,
  take: (one: InboxEvent) => unknown = () => undefined,
): Promise<string[]> => {
  await pause(600);
  const keys: string[] = [];
  for (let found = await spool.next(); found.length > 0; found = await spool.next()) {
    for (const one of found) keys.push(taken(one, take));
  }
  return keys;
};

const taken = (one: Waiting, take: (event: InboxEvent) => unknown): string => {
  const event = one.event();
  take(event);
  one.done();
  return event.key;
};

/** As if the process had been killed: its socket is gone, its files are as they are. */
export const die = (spool: Spool): Promise<void> =>
  (
    spool as unknown as { folder: { server: { close(): void } } }
  ).folder.server.close() as unknown as Promise<void>;

/** The same, for one that nobody shuts down afterwards: its files are closed, as the system does it. */
const buried = async (spool: Spool): Promise<void> => {
  await (spool as unknown as { segments: { end(): Promise<void> } }).segments.end();
  await die(spool);
};

/** Spools of several processes in one folder of this host. */
export class Spools {
  private readonly made: Spool[] = [];

  constructor(readonly folder: string) {}

  static async create(): Promise<Spools> {
    return new Spools(await mkdtemp(join(tmpdir(), 'twilio-server-spool-')));
  }

  /** One more process's. */
  of(changes: Readonly<Record<string, string>> = {}, key = KEY): Spool {
    const settings = readConfiguration({
      NODE_ENV: 'test',
      LOG_LEVEL: 'silent',
      DATA_DIR: this.folder,
      ...changes,
    });
    const sealer = new Sealer(new SealingKey(key));
    const spool = new Spool(settings, sealer, new Log(settings), new Metrics(settings));
    this.made.push(spool);
    return spool;
  }

  async opened(changes: Readonly<Record<string, string>> = {}, key = KEY): Promise<Spool> {
    const spool = this.of(changes, key);
    await spool.onApplicationBootstrap();
    return spool;
  }

  /** So many processes with one event each, all of them killed. */
  async dead(count: number): Promise<void> {
    const spools = await Promise.all(Array.from({ length: count }, () => this.opened()));
    await Promise.all(spools.map((spool, index) => spool.append(eventOf(index))));
    await Promise.all(this.made.splice(0).map(buried));
  }

  /** How often it told of damage. */
  async damagedIn(spool: Spool): Promise<number> {
    const { metrics } = spool as unknown as { metrics: Metrics };
    return (await metrics.spoolDamaged.get()).values.reduce((sum, { value }) => sum + value, 0);
  }

  /** It shut down properly. */
  async stop(spool: Spool): Promise<void> {
    await spool.onApplicationShutdown();
    this.made.splice(this.made.indexOf(spool), 1);
  }

  /** The segments of all of them, oldest folder first. */
  async files(): Promise<string[]> {
    const names = await readdir(join(this.folder, 'spool'), { recursive: true });
    return names
      .filter((name) => name.endsWith('.seg'))
      .map((name) => join(this.folder, 'spool', name))
      .toSorted();
  }

  async close(): Promise<void> {
    for (const spool of this.made.splice(0)) await spool.onApplicationShutdown();
    await rm(this.folder, { recursive: true, force: true });
  }
}

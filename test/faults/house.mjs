import { randomBytes } from 'node:crypto';

import { freePort } from '../../apps/hub/src/database/free-port.ts';
import { startSandbox } from '../bench/sandbox.mjs';
import { ACCOUNT } from '../bench/webhooks.mjs';
import { Balancer } from './balancer.mjs';
import { Instance } from './instance.mjs';
import { Known } from './known.mjs';
import { PostgresControl, targetOf } from './postgres-control.mjs';
import { TcpProxy } from './tcp-proxy.ts';

/** Every missed call texts, no cap or AI joins in, unless a row says otherwise. */
const QUIET = {
  aiEnabled: false,
  textBackCooldownMinutes: 0,
  dailyMessageCap: null,
  prefixTextBackCap: null,
};
/** The largest run's ledger fits. */
const KEEP = '2000000';

/**
 * Hubs with all that they stand on, each part behind a fault: PostgreSQL and the sandbox behind a proxy each, the hub
 * processes to be killed.
 */
export class House {
  constructor(parts) {
    Object.assign(this, parts);
    this.known = new Known((path, body) => this.tell(path, body));
  }

  /**
   * @param instances the roles of the hub processes, in their order
   * @param balanced whether a balancer stands before them; else the first is reached directly
   * @param idle the roles of further processes, which the row starts itself
   * @param prepare told of every instance before anything starts
   * @param env further settings of every hub
   * @param proxied whether the proxy stands before PostgreSQL: it takes a twentieth of two cores under load
   * @param watchesCommits whether commits may be cut: every byte to PostgreSQL is read then
   */
  static async open(
    stage,
    {
      instances = ['all'],
      idle = [],
      balanced = false,
      tenants = 10,
      settings = {},
      prepare,
      env = {},
      proxied = true,
      watchesCommits = false,
    } = {},
  ) {
    const port = await freePort();
    const url = `http://localhost:${port}`;
    const sandboxPort = await freePort();
    const sandboxUrl = `http://127.0.0.1:${sandboxPort}`;
    const starting = startSandbox(stage, url, { SANDBOX_KEEP: KEEP, SANDBOX_PORT: String(sandboxPort) });
    const databaseUrl = await stage.createDatabase(`hub_${randomBytes(4).toString('hex')}`);
    const database = await TcpProxy.open(targetOf(stage.postgres.url), {
      speaksPostgres: watchesCommits,
      port: await freePort(),
    });
    const twilio = await TcpProxy.open(targetOf(sandboxUrl), { port: await freePort() });
    const key = randomBytes(24).toString('hex');
    const common = {
      PUBLIC_URL: url,
      DATABASE_URL: proxied ? database.urlOf(databaseUrl) : databaseUrl,
      ADMIN_API_KEY: key,
      ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      TWILIO_API_BASE_URL: twilio.urlOf(sandboxUrl),
      API_RATE_PER_SECOND: '10000',
      API_RATE_BURST: '20000',
      ...env,
    };
    const hubs = [];
    for (const [index, role] of [...instances, ...idle].entries()) {
      const direct = balanced || index > 0 ? undefined : port;
      hubs.push(await Instance.make(stage, { name: `${role}-${index}`, port: direct, role, env: common }));
    }
    hubs.forEach((hub, index) => prepare?.(hub, index));
    const postgres = new PostgresControl(stage, database);
    const startAll = async () => {
      for (const hub of hubs.slice(0, instances.length)) await hub.start();
    };
    const [sandbox] = await Promise.all([starting, startAll()]);
    const house = new House({ stage, url, key, sandbox, databaseUrl, database, twilio, hubs, postgres });
    if (balanced)
      house.balancer = await Balancer.open(
        port,
        hubs.map((hub) => hub.port),
      );
    house.lines = await house.#register(tenants, { ...QUIET, ...settings });
    return house;
  }

  /** The first hub, which most rows have alone. */
  get hub() {
    return this.hubs[0];
  }

  /** Asks the admin API. @throws when it does not answer with success */
  async api(path, body, { key = this.key, url = this.url } = {}) {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const asked = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) };
    const answer = await fetch(url + path, asked);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }

  /**
   * Gathers statistics, as autovacuum does once a minute: a database in use has them, and one that has just been made
   * plans its statements for empty tables.
   */
  async analyze() {
    const database = await this.stage.connectTo(this.databaseUrl);
    await database.query('analyze');
    await database.end();
  }

  /** Tells the sandbox what to do, below `/sandbox`. */
  async tell(path, body, method = 'POST') {
    const headers = { 'content-type': 'application/json' };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await fetch(`${this.sandbox.url}/sandbox${path}`, { method, headers, ...sent });
    if (!answer.ok) throw new Error(`/sandbox${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? answer.text() : answer.json();
  }

  /** Some tenants with a number each, every one of which rings another phone. */
  async #register(tenants, settings) {
    await this.api('/v1/twilio-accounts', ACCOUNT);
    const lines = [];
    for (let index = 0; index < tenants; index += 1) {
      const tenant = { name: `Harbor Pipe Co ${index}`, timezone: 'America/Los_Angeles', settings };
      const { id: tenantId, apiKey } = await this.api('/v1/tenants', tenant);
      const number = `+1415777${2_000 + index}`;
      const forwardTo = `+1415888${2_000 + index}`;
      const given = { tenantId, number, accountSid: ACCOUNT.accountSid, forwardTo: [forwardTo] };
      await this.api('/v1/phone-numbers', given);
      lines.push({ tenantId, number, forwardTo, key: apiKey.secret });
    }
    return lines;
  }

  /** Heals everything, and ends everything: all is judged, so no hub is waited for. */
  async close() {
    this.postgres.thaw();
    await this.database.heal();
    await this.twilio.heal();
    for (const hub of this.hubs) hub.supervise(false);
    await this.known.stop();
    await this.balancer?.close();
    await Promise.all(this.hubs.map((hub) => hub.end()));
    await this.sandbox.stop();
    await this.database.close();
    await this.twilio.close();
  }
}

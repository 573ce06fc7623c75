import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { SchedulerRegistry } from '@nestjs/schedule';
import { DeadLetters } from '#libs/durable';
import { Log, pause } from '#libs/platform';

import { ACCOUNT, ADMIN_KEY, newCaller, TestHub, type TestTenant } from '../hub.js';
import { Sends } from '../sends.js';

const LOOKS_EVERY_MS = 3_000;

describe('a failure that nobody waits for', () => {
  let hub: TestHub;
  let tenant: TestTenant;
  let sends: Sends;
  let errors: jest.SpiedFunction<Log['error']>;

  beforeAll(async () => {
    hub = await TestHub.start();
    tenant = await hub.tenant({ aiEnabled: false });
    sends = new Sends(hub, tenant);
    errors = jest.spyOn(hub.app.get(Log), 'error');
  });
  afterEach(() => {
    errors.mockClear();
  });
  afterAll(() => hub.stop());

  const told = (text: string): readonly unknown[][] =>
    errors.mock.calls.filter(([message]) => message.includes(text));
  /** While a table has another name, as if a migration had been forgotten. */
  const without = async (table: string, work: () => Promise<unknown>): Promise<void> => {
    await hub.database.query(`alter table ${table} rename to hidden`);
    try {
      await work();
    } finally {
      await hub.database.query(`alter table hidden rename to ${table}`);
    }
  };
  /** While the database lets nobody in. */
  const away = async (work: () => Promise<unknown>): Promise<void> => {
    await hub.database.open(false);
    try {
      await work();
    } finally {
      await hub.database.open(true);
    }
    await hub.eventually(async () => (await hub.get('/v1/calls', tenant.key)).status === 200);
  };

  it('of the look whether the database went back in time is said once, and again when it comes back', async () => {
    const text = 'nobody can tell whether the database went back in time';
    await without('restores', async () => {
      await hub.eventually(async () => told(text).length > 0);
      await pause(LOOKS_EVERY_MS + 500);
    });
    expect(told(text)).toHaveLength(1);
    await pause(LOOKS_EVERY_MS + 500);
    await without('restores', () => hub.eventually(async () => told(text).length > 1));
  }, 40_000);

  it('of chores is said unless the database is away, which is said elsewhere', async () => {
    const hourly = hub.app.get(SchedulerRegistry).getCronJobs();
    const doChores = async (): Promise<void> => {
      await hub.app.get(DeadLetters).measure();
      for (const job of hourly.values()) void job.fireOnTick();
      await pause(1_000);
    };
    await without('webhook_events', doChores);
    expect(told('the dead letters cannot be counted')).toHaveLength(1);
    await without('strays', doChores);
    expect(told('strays cannot be forgotten')).toHaveLength(1);
    errors.mockClear();
    await away(doChores);
    expect(told('dead letters')).toEqual([]);
    expect(told('strays')).toEqual([]);
  }, 40_000);

  it('of Twilio’s list is said once for an account and cause, and anew after the list was there', async () => {
    const text = "Twilio's list of messages cannot be had";
    const doubtful: string[] = [];
    for (let nth = 0; nth < 6; nth += 1) {
      await sends.fault({ on: 'messages.create', answer: 'reset' });
      const id = await sends.write(newCaller());
      await sends.comesTo(id, 'unknown');
      doubtful.push(id);
    }
    const looks = async (authToken: string): Promise<void> => {
      const path = `/v1/twilio-accounts/${ACCOUNT.accountSid}`;
      expect((await hub.patch(path, { authToken }, ADMIN_KEY)).status).toBe(200);
      await pause(1_500);
      for (const id of doubtful.splice(0, 2)) await sends.look(id);
    };
    await looks('a wrong token');
    expect(told(text)).toEqual([
      [expect.any(String), expect.objectContaining({ message: 'Authenticate' }), expect.anything()],
    ]);
    await looks(ACCOUNT.authToken);
    expect(told(text)).toHaveLength(1);
    await looks('a wrong token');
    expect(told(text)).toHaveLength(2);
  }, 60_000);
});

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { newCaller } from './hub.js';
import { until } from './process.js';
import { ProcessHub } from './process-hub.js';

const FROM_ENVIRONMENT = {
  TWILIO_ACCOUNT_SID: `AC${'8'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'token-of-the-environment',
};

describe('a start on a database that takes no writes', () => {
  let hub: ProcessHub;

  beforeAll(async () => {
    hub = await ProcessHub.prepare();
  }, 90_000);
  afterEach(() => hub.kill());
  afterAll(() => hub.close());

  /** As a standby does, for all who come from now on. */
  const onlyLetsRead = (yes: boolean): Promise<unknown> =>
    hub.database.query(
      `do $$ begin
        execute format('alter database %I set default_transaction_read_only = ${yes}', current_database());
      end $$`,
    );
  const isRegistered = async (): Promise<boolean> =>
    (
      await hub.database.query('select 1 from twilio_accounts where account_sid = $1', [
        FROM_ENVIRONMENT.TWILIO_ACCOUNT_SID,
      ])
    ).length === 1;

  it('answers calls, and does the rest once it takes them', async () => {
    const first = hub.start();
    await hub.ready();
    const { number } = await hub.tenant();
    expect(await hub.stop(first)).toBe(0);
    await onlyLetsRead(true);
    const one = hub.start(FROM_ENVIRONMENT);
    const answer = await until(async () => hub.calls(newCaller(), number));
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('+14155550901')]);
    const missed = newCaller();
    await hub.misses(missed, number);
    expect([one.process.exitCode, await isRegistered()]).toEqual([null, false]);
    await onlyLetsRead(false);
    await until(isRegistered);
    await until(async () => hub.sandbox.textsTo(missed).length === 1, 60_000);
  }, 120_000);

  it('ends with what the database says when that refuses us', async () => {
    await hub.database.query('revoke insert on twilio_accounts from hub_owner');
    const one = hub.start(FROM_ENVIRONMENT);
    expect(await one.exited).toBe(1);
    expect(one.said()).toContain('permission denied for table twilio_accounts');
    await hub.database.query('grant insert on twilio_accounts to hub_owner');
  }, 60_000);
});

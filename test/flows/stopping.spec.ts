import { open, readdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Inbox, Spool } from '#libs/durable';
import { Metrics } from '#libs/platform';

import { ACCOUNT, newCaller, newSid, TestHub } from '../hub.js';

describe('the end of a hub', () => {
  let hub: TestHub;

  beforeEach(async () => {
    hub = await TestHub.start();
  });
  afterEach(() => hub.stop());

  const lost = async (): Promise<number> =>
    (await hub.app.get(Metrics).lostEvents.get()).values.reduce((sum, { value }) => sum + value, 0);

  it('does not wait for an event that the database takes its time over: it stays on the disk', async () => {
    const { number } = await hub.tenant();
    await hub.database.query(`
      create function linger() returns trigger language plpgsql as $$ begin perform pg_sleep(3.5); return new; end $$`);
    await hub.database.query(
      'create trigger lingers before insert on messages for each row execute function linger()',
    );
    await hub.database.open(false);
    const text = { MessageSid: newSid('SM'), From: newCaller(), To: number, Body: 'waits' };
    expect((await hub.webhook('/webhooks/twilio/sms', text)).status).toBe(200);
    expect(hub.app.get(Spool).size.records).toBe(1);
    await hub.database.open(true);
    const taking = `select 1 from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`;
    await hub.eventually(async () => (await hub.database.query(taking)).length > 0);
    const asked = performance.now();
    await hub.app.close();
    expect(performance.now() - asked).toBeLessThan(2_000);
    const files = await readdir(join(hub.folder, 'spool'), { recursive: true });
    expect(files.filter((name) => name.endsWith('.seg'))).toHaveLength(1);
    expect(await lost()).toBe(0);
  }, 40_000);

  it('does not wait for a disk that hangs: what only memory has is counted as lost, what comes later too', async () => {
    const { id, number } = await hub.tenant();
    const handle = await open(join(hub.folder, 'probe'), 'w');
    const syncs = jest.spyOn(Object.getPrototypeOf(handle) as FileHandle, 'datasync');
    await handle.close();
    syncs.mockReturnValue(new Promise<void>(() => undefined));
    await hub.database.open(false);
    const call = (): Promise<{ status: number }> =>
      hub.webhook('/webhooks/twilio/call', {
        CallSid: newSid('CA'),
        From: newCaller(),
        To: number,
        CallStatus: 'ringing',
      });
    for (let made = 0; made < 2; made += 1) expect((await call()).status).toBe(200);
    const asked = performance.now();
    await hub.app.close();
    expect(performance.now() - asked).toBeLessThan(3_000);
    expect(await lost()).toBe(2);
    const late = {
      key: 'late',
      kind: 'call.incoming',
      sid: newSid('CA'),
      params: {},
      context: {},
      answer: '',
    };
    await hub.app.get(Inbox).accept({ ...late, accountSid: ACCOUNT.accountSid, tenantId: id }, 'caller');
    expect(await lost()).toBe(3);
    syncs.mockRestore();
    await hub.database.open(true);
  }, 40_000);
});

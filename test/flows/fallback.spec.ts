import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ADMIN_KEY, TestHub, type TestTenant } from '../hub.js';

interface Entry {
  readonly number: string;
  readonly file: string;
}

describe('the fallback documents', () => {
  let hub: TestHub;
  let tenant: TestTenant;

  beforeAll(async () => {
    hub = await TestHub.start();
    tenant = await hub.tenant();
  });
  afterAll(() => hub.stop());

  const folder = (): string => join(hub.folder, 'fallback');

  const documentOf = async (number: string): Promise<string> => {
    const index = JSON.parse(await readFile(join(folder(), 'index.json'), 'utf8')) as Entry[];
    const file = index.find((entry) => entry.number === number)?.file ?? '';
    return file === '' ? '' : readFile(join(folder(), file), 'utf8');
  };

  const becomes = (number: string, expected: string): Promise<unknown> =>
    hub.eventually(async () => (await documentOf(number).catch(() => '')).includes(expected), 15_000);

  it('ring the business without any hub, and follow the routing', async () => {
    await becomes(tenant.number, '<Number>+14155550901</Number>');
    const document = await documentOf(tenant.number);
    expect(document).toContain('<Dial timeout="20" answerOnBridge="true">');
    expect(document).not.toMatch(/localhost|statusCallback|action=/);
    await hub.patch(`/v1/phone-numbers/${tenant.phoneNumberId}`, { forwardTo: ['+14155550902'] }, tenant.key);
    await becomes(tenant.number, '<Number>+14155550902</Number>');
  }, 40_000);

  it('are all written again when somebody removes the folder', async () => {
    const other = await hub.tenant();
    await becomes(other.number, '<Number>+14155550901</Number>');
    await rm(folder(), { recursive: true });
    for (const { number } of [tenant, other]) await becomes(number, '<Number>');
  }, 40_000);

  it('have names that nobody can guess, and reject for a suspended tenant', async () => {
    await hub.patch(`/v1/tenants/${tenant.id}`, { status: 'suspended' }, ADMIN_KEY);
    await becomes(tenant.number, '<Reject');
    for (const name of await readdir(folder()))
      if (name.endsWith('.xml')) expect(name).toMatch(/^call-[\w-]{22}\.xml$/);
  }, 40_000);
});

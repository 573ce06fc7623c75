import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { expect, it } from '@jest/globals';

it('is waited for when it stops, also by a process that has nothing else to do', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'twilio-server-embedded-'));
  const source = pathToFileURL('apps/hub/src/database/embedded-postgres.ts').href;
  const script = `
    import { startEmbeddedPostgres } from '${source}';
    const postgres = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, fsync: false });
    void postgres.stop().then(() => process.exit(3));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
  const [code] = (await once(child, 'exit')) as [number | null];
  expect(code).toBe(3);
  await rm(dataDir, { recursive: true, force: true });
}, 60_000);

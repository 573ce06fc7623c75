import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ensureBuilt } from '../apps/hub/ensure-built.mjs';
import { startEmbeddedPostgres } from '../apps/hub/src/database/embedded-postgres.ts';

/** The build that the process tests start, made once; and one PostgreSQL for the whole run: every test file gets a database of its own in it (test/database.ts). */
export default async function start() {
  if (ensureBuilt() !== 0) throw new Error('The build failed.');
  const dataDir = await mkdtemp(join(tmpdir(), 'twilio-server-test-'));
  const cluster = await startEmbeddedPostgres({ dataDir, fsync: false });
  process.env.TEST_CLUSTER_URL = cluster.url;
  globalThis.testCluster = { cluster, dataDir };
}

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startEmbeddedPostgres } from '../apps/hub/src/embedded-postgres.ts';

/** One PostgreSQL for the whole run; every test file gets a database of its own in it (test/database.ts). */
export default async function start() {
  const dataDir = await mkdtemp(join(tmpdir(), 'twilio-server-test-'));
  const cluster = await startEmbeddedPostgres({ dataDir, fsync: false });
  process.env.TEST_CLUSTER_URL = cluster.url;
  globalThis.testCluster = { cluster, dataDir };
}

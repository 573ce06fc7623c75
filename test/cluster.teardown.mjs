import { rm } from 'node:fs/promises';

export default async function stop() {
  const { cluster, dataDir } = globalThis.testCluster;
  await cluster.stop();
  await rm(dataDir, { recursive: true, force: true });
}

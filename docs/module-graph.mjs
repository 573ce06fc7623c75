/** Writes the module graph into docs/architecture.md from architecture.mjs; with `--check`, fails when it is stale. */
import { readFileSync, writeFileSync } from 'node:fs';

import { modules, owns } from '../architecture.mjs';

const FILE = new URL('architecture.md', import.meta.url);
const START = '<!-- module graph: npm run docs:graph -->';
const END = '<!-- end of the module graph -->';

/** Everybody may import these three; their arrows would hide the others. */
const GROUND = ['platform', 'durable', 'identity'];

const arrows = Object.entries(modules).flatMap(([lib, allowed]) =>
  allowed.filter((other) => !GROUND.includes(other)).map((other) => `  ${lib} --> ${other}`),
);
const rows = Object.entries(modules).map(
  ([lib, allowed]) => `| \`${lib}\` | ${owns[lib]} | ${allowed.join(', ') || '–'} |`,
);

const generated = [
  START,
  '',
  '```mermaid',
  'graph TD',
  ...Object.keys(modules)
    .filter((lib) => !GROUND.includes(lib))
    .map((lib) => `  ${lib}`),
  ...arrows,
  '```',
  '',
  `Left out: ${GROUND.join(', ')}, on which all others stand.`,
  '',
  '| lib | owns | may import |',
  '|---|---|---|',
  ...rows,
  '',
  END,
].join('\n');

const text = readFileSync(FILE, 'utf8');
const start = text.indexOf(START);
const end = text.indexOf(END);
if (start < 0 || end < 0) throw new Error('docs/architecture.md has lost the marks of its module graph.');
const fresh = text.slice(0, start) + generated + text.slice(end + END.length);
if (fresh !== text && process.argv.includes('--check')) {
  console.error('The module graph in docs/architecture.md is stale: run npm run docs:graph and commit it.');
  process.exit(1);
}
if (fresh !== text) writeFileSync(FILE, fresh);

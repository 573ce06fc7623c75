import 'reflect-metadata';

import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';

import { PlatformKey } from '#libs/identity';
import { DatabaseAddress, readConfiguration, SealingKey } from '#libs/platform';

import { createApplication } from './application.js';
import { lanesTo } from './database/database.js';
import { describeApi } from './openapi.js';

const FILE = 'openapi.json';

/** Writes openapi.json, or, with `--check`, fails when it is not current. Needs no database. */
const main = async (): Promise<number> => {
  const address = new DatabaseAddress('postgres://nobody@localhost/none');
  const app = await createApplication({
    settings: readConfiguration({ NODE_ENV: 'test', LOG_LEVEL: 'silent' }),
    address,
    lanes: lanesTo(address),
    sealingKey: new SealingKey(randomBytes(32)),
    platformKey: new PlatformKey('none'),
  });
  const text = `${JSON.stringify(describeApi(app, 'http://localhost:3701'), null, 2)}\n`;
  if (!process.argv.includes('--check')) {
    await writeFile(FILE, text);
    return 0;
  }
  if ((await readFile(FILE, 'utf8').catch(() => '')) === text) return 0;
  process.stderr.write(`${FILE} is not current: run npm run openapi and commit it.\n`);
  return 1;
};

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  },
);

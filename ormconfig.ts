import { DataSource } from 'typeorm';

import { entities } from './apps/hub/src/entities.js';
import { migrations } from './migrations/index.js';

/** For TypeORM's own command line: `npm run build && npx typeorm migration:show -d dist/ormconfig.js`. */
export default new DataSource({
  type: 'postgres',
  url: process.env['DATABASE_URL'],
  entities,
  migrations,
  uuidExtension: 'pgcrypto',
  installExtensions: false,
});

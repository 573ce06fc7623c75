import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';

import { freePort } from '../../apps/hub/src/database/free-port.ts';
import { NODE_FLAGS } from './hub-system.mjs';
import { FORWARD_TO } from './missed-call-flow.mjs';
import { startSandbox } from './sandbox.mjs';
import { ACCOUNT } from './webhooks.mjs';

const BASELINE = fileURLToPath(new URL('express-baseline.mjs', import.meta.url));

/** The hand-written server with its sandbox, on a database of its own. */
export const startExpressSystem = async (stage, { tenants = 10 } = {}) => {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const sandbox = await startSandbox(stage, url);
  const businesses = Array.from({ length: tenants }, (_, index) => ({
    number: `+1415777${String(2_000 + index)}`,
    name: `Harbor Pipe Co ${index}`,
    forwardTo: FORWARD_TO,
  }));
  const env = {
    PORT: String(port),
    PUBLIC_URL: url,
    DATABASE_URL: await stage.createDatabase(`express_${randomBytes(4).toString('hex')}`),
    TWILIO_ACCOUNT_SID: ACCOUNT.accountSid,
    TWILIO_AUTH_TOKEN: ACCOUNT.authToken,
    TWILIO_API_BASE_URL: sandbox.url,
    BUSINESSES: JSON.stringify(businesses),
  };
  const web = await stage.node('express', BASELINE, { flags: NODE_FLAGS, env });
  await web.ready(() => web.said.includes('listens on'));
  const stop = async () => {
    await web.stop();
    await sandbox.stop();
  };
  const numbers = businesses.map(({ number }) => number);
  return { name: 'express', url, web, worker: null, sandbox, numbers, databaseUrl: env.DATABASE_URL, stop };
};

import { randomBytes } from 'node:crypto';

import { Db, Log, type Configuration } from '#libs/platform';
import { Accounts } from '#libs/twilio';

import { buildHouse, findHouse, type DemoHouse } from './demo-house.js';
import { play } from './demo-play.js';
import type { Hub } from '../hub.js';
import { startSandboxProcess, type SandboxAccount, type SandboxProcess } from './sandbox-process.js';

/** Who is in the house beside the hub: the sandbox, when there is no Twilio account. */
export interface Guests {
  /** Says where everything is, and plays the demonstration on the first start. */
  show(): Promise<void>;
  leave(): Promise<void>;
}

const SANDBOX_SID = `AC${'5a'.repeat(16)}`;
const FOREIGN = `select 1 from twilio_accounts where status <> 'deleted' and origin <> 'sandbox' limit 1`;

const line = (text: string): void => void process.stdout.write(`${text}\n`);

/** The sandbox is for a start with nothing: no account configured, none stored, no database of somebody's. */
const wantsSandbox = async (hub: Hub, settings: Configuration): Promise<boolean> => {
  const configured = [settings.TWILIO_ACCOUNT_SID, settings.TWILIO_API_BASE_URL, settings.DATABASE_URL];
  if (configured.some((value) => value !== undefined)) return false;
  if (settings.ROLE !== 'all' || settings.NODE_ENV === 'production') return false;
  return (await hub.app.get(Db).system('platform-admin', (tx) => tx.one(FOREIGN))) === undefined;
};

const where = (hub: Hub, settings: Configuration): void => {
  line(`   API and docs     ${settings.publicUrl}/docs   (${settings.publicUrl}/openapi.json)`);
  line(`   health           ${settings.publicUrl}/health`);
  if (hub.keys.platformKeyFile !== null) line(`   operator's key   in ${hub.keys.platformKeyFile}`);
};

const showDemo = async (
  hub: Hub,
  settings: Configuration,
  house: DemoHouse,
  first: boolean,
): Promise<void> => {
  line(
    `\nThe hub is ready on port ${settings.PORT}, with a sandbox as its Twilio: no account is needed, nothing leaves this machine.\n`,
  );
  if (first) await play(house, line);
  line('\nIt stays up; Ctrl-C stops it. In another terminal, try:');
  line('   npm run demo -- call --from +14155550150 --behaviour voicemail');
  line('   npm run demo -- text --from +14155550134 --body "Can you come tomorrow?"');
  line(`   demo tenant key  in ${settings.DATA_DIR}/demo.json`);
  where(hub, settings);
};

const withSandbox = async (hub: Hub, settings: Configuration): Promise<Guests> => {
  const account: SandboxAccount = { accountSid: SANDBOX_SID, authToken: randomBytes(16).toString('hex') };
  await hub.app.get(Accounts).create(account, 'sandbox');
  const sandbox: SandboxProcess = await startSandboxProcess(settings, account);
  const known = await findHouse(settings.DATA_DIR);
  const house = known ?? (await buildHouse(hub.app, settings, account, sandbox.url));
  return { leave: () => sandbox.stop(), show: () => showDemo(hub, settings, house, known === null) };
};

/** Opens the house: with the sandbox and the demonstration, or just as the hub it is. */
export const welcome = async (hub: Hub, settings: Configuration): Promise<Guests> => {
  if (await wantsSandbox(hub, settings)) return withSandbox(hub, settings);
  hub.app
    .get(Log)
    .info(`ready on port ${settings.PORT}`, { publicUrl: settings.publicUrl, role: settings.ROLE });
  if (process.stdout.isTTY) where(hub, settings);
  return { show: () => Promise.resolve(), leave: () => Promise.resolve() };
};

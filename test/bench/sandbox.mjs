import { SANDBOX } from '../../apps/hub/ensure-built.mjs';
import { ACCOUNT } from './webhooks.mjs';

/**
 * A Twilio in its own process; it keeps its last 20,000 ledger entries, unless told otherwise, and a missed call makes
 * nine.
 */
export const startSandbox = async (stage, hubUrl, settings = {}) => {
  const env = {
    SANDBOX_PORT: '0',
    ...settings,
    SANDBOX_HUB_URL: hubUrl,
    SANDBOX_ACCOUNT_SID: ACCOUNT.accountSid,
    SANDBOX_AUTH_TOKEN: ACCOUNT.authToken,
  };
  const child = await stage.node('sandbox', SANDBOX, { env });
  await child.ready(() => child.said.includes('listens on'));
  const [, url] = /listens on (\S+)/.exec(child.said);
  const entries = async (kind) => {
    const { entries: found, dropped } = await (await fetch(`${url}/sandbox/ledger?kind=${kind}`)).json();
    if (dropped > 0)
      throw new Error(`The sandbox's ledger overflowed by ${dropped}: this run is too long for it.`);
    return found;
  };
  return {
    url,
    child,
    entries,
    stop: () => child.stop(),
    /** Every `POST Messages` that came: whom to, when, and what was answered. */
    async texts() {
      const sends = (await entries('rest')).filter(({ operation }) => operation === 'messages.create');
      return sends.map(({ params, receivedAt, status }) => ({
        to: params.To,
        at: Date.parse(receivedAt),
        status,
      }));
    },
    /** Every callback that it posted to the server under test, about the texts. */
    callbacks: () => entries('webhook'),
  };
};

/** What a refused or failed message means for us. */
export type ErrorPolicy =
  'opted-out' | 'landline' | 'not-textable' | 'put-off' | 'account-stopped' | 'configuration' | 'failed';

/**
 * Twilio's error codes as policy (twilio.com/docs/api/errors; the table of the design's Twilio facts, B3).
 * A code that is not listed fails the message and nothing else.
 */
const POLICY: Readonly<Record<string, ErrorPolicy>> = {
  '20003': 'account-stopped',
  '20404': 'configuration',
  '20429': 'put-off',
  '21211': 'not-textable',
  '21217': 'not-textable',
  '21401': 'not-textable',
  '21408': 'configuration',
  '21606': 'configuration',
  '21608': 'configuration',
  '21610': 'opted-out',
  '21611': 'put-off',
  '21614': 'not-textable',
  '21659': 'configuration',
  '21660': 'configuration',
  '30001': 'put-off',
  '30002': 'account-stopped',
  '30004': 'not-textable',
  '30005': 'not-textable',
  '30006': 'landline',
  '30034': 'configuration',
};

/** What to do about a code. */
export const policyOf = (code: string | null): ErrorPolicy =>
  code === null ? 'failed' : (POLICY[code] ?? 'failed');

import type twilio from 'twilio';

import { messageOf } from '../gaps/account-lists.js';
import type { Between, ListedMessage } from '../telephony.js';

type Client = ReturnType<typeof twilio>;

const MOST_BETWEEN = 200;

/**
 * Messages sent to a number, from a number of ours or by its messaging service. No date filter: a queued message may have
 * no date yet.
 * @throws when so many came since that the list does not reach back
 */
export const messagesBetween = async (
  client: Client,
  { from, to, messagingServiceSid: service }: Between,
  since: Date,
): Promise<readonly ListedMessage[]> => {
  const query = { to, limit: MOST_BETWEEN, pageSize: MOST_BETWEEN };
  const found = await client.messages.list(service === null ? { ...query, from } : query);
  const listed = found.map(messageOf);
  const oldest = listed.at(-1)?.at;
  if (listed.length >= MOST_BETWEEN && oldest !== undefined && oldest >= since)
    throw new Error('The list of messages does not reach back far enough.');
  return listed.filter(
    (one) =>
      one.direction === 'outbound' &&
      (one.from === from || (service !== null && one.messagingServiceSid === service)),
  );
};

import type twilio from 'twilio';
import { storable } from '#libs/platform';

import type { ListedCall, ListedMedia, ListedMessage } from '../telephony.js';

type Client = ReturnType<typeof twilio>;
type Call = Awaited<ReturnType<Client['calls']['list']>>[number];
type Message = Awaited<ReturnType<Client['messages']['list']>>[number];

/** As many as Twilio gives at most: a long list is read in few requests. */
const PAGE = 1_000;
const MOST_MEDIA = 10;
const TWILIO = 'https://api.twilio.com';

interface Page<I> {
  readonly instances: readonly I[];
  nextPage(): Promise<Page<I>> | undefined;
}

/** Reads on, newest first, until something is older than `since`. */
async function* backTo<I, T extends { readonly at: Date }>(
  first: Page<I>,
  read: (instance: I) => T,
  since: Date,
): AsyncGenerator<readonly T[]> {
  let page: Page<I> | undefined = first;
  while (page !== undefined) {
    const listed: readonly T[] = page.instances.map(read);
    const recent: readonly T[] = listed.filter(({ at }) => at >= since);
    yield recent;
    page = recent.length < listed.length ? undefined : await page.nextPage();
  }
}

const directionOf = (direction: string): 'inbound' | 'outbound' =>
  direction === 'inbound' ? 'inbound' : 'outbound';

const callOf = (call: Call): ListedCall & { readonly at: Date } => ({
  sid: call.sid,
  parentCallSid: call.parentCallSid || null,
  direction: directionOf(call.direction),
  from: storable(call.from),
  to: storable(call.to),
  status: call.status,
  durationSeconds: call.duration === null ? null : Number(call.duration),
  startedAt: call.dateCreated,
  endedAt: call.endTime ?? null,
  at: call.dateCreated,
});

export const messageOf = (message: Message): ListedMessage & { readonly at: Date } => ({
  sid: message.sid,
  direction: directionOf(message.direction),
  from: storable(message.from),
  to: storable(message.to),
  messagingServiceSid: message.messagingServiceSid,
  body: storable(message.body),
  numMedia: Number(message.numMedia),
  status: message.status,
  errorCode: message.errorCode === null ? null : String(message.errorCode),
  createdAt: message.dateCreated,
  at: message.dateCreated,
});

export async function* callsSince(client: Client, since: Date): AsyncGenerator<readonly ListedCall[]> {
  yield* backTo(await client.calls.page({ pageSize: PAGE }), callOf, since);
}

export async function* messagesSince(client: Client, since: Date): AsyncGenerator<readonly ListedMessage[]> {
  yield* backTo(await client.messages.page({ pageSize: PAGE }), messageOf, since);
}

const NOT_FOUND = 404;

const isNotFound = (error: unknown): boolean =>
  error instanceof Error && 'status' in error && error.status === NOT_FOUND;

/** Named as webhooks name them: without an extension; none when Twilio has them no more. */
export const mediaOf = async (client: Client, messageSid: string): Promise<readonly ListedMedia[]> => {
  try {
    const media = await client.messages(messageSid).media.list({ limit: MOST_MEDIA });
    return media.map(({ uri, contentType }) => ({ url: TWILIO + uri.replace(/\.json$/, ''), contentType }));
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
};

/** One message; null when Twilio has it no more. */
export const messageWith = async (client: Client, sid: string): Promise<ListedMessage | null> => {
  try {
    return messageOf(await client.messages(sid).fetch());
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
};

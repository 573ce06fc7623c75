import { messageJson, newMessage, type Message } from '../messages/message.js';
import type { MessageDelivery } from '../messages/message-delivery.js';
import type { MediaLibrary } from '../messages/media-library.js';
import { readDraft, type MessageDraft } from '../messages/message-draft.js';
import { refusalOf, type Surroundings } from '../messages/message-rules.js';
import type { Listing } from '../messages/listing.js';
import { between, pageOf } from './paging.js';
import type { ResourceList } from './resource-list.js';
import { errorAnswer, notFound, refused, type RestAnswer, type RestError } from './rest-errors.js';
import type { RestRequest, RestRoute } from './rest-request.js';

export interface MessageParts extends Surroundings {
  readonly messages: ResourceList<Message>;
  readonly delivery: MessageDelivery;
  readonly media: MediaLibrary;
  readonly listing: Listing;
}

/** Twilio's Message resource. */
export const messageRoutes = (parts: MessageParts): readonly RestRoute[] => [
  {
    method: 'post',
    path: '/Messages.json',
    operation: 'messages.create',
    handle: (request) => create(parts, request),
  },
  {
    method: 'get',
    path: '/Messages.json',
    operation: 'messages.list',
    handle: (request) => list(parts, request),
  },
  {
    method: 'get',
    path: '/Messages/:sid.json',
    operation: 'messages.fetch',
    handle: (request) => fetch(parts, request),
  },
  {
    method: 'post',
    path: '/Messages/:sid.json',
    operation: 'messages.update',
    handle: (request) => update(parts, request),
  },
  {
    method: 'get',
    path: '/Messages/:sid/Media.json',
    operation: 'media.list',
    handle: (request) => listMedia(parts, request),
  },
  {
    method: 'get',
    path: '/Messages/:sid/Media/:media',
    operation: 'media.fetch',
    handle: (request) => media(parts, request),
  },
];

function create(parts: MessageParts, { accountSid, params }: RestRequest): RestAnswer {
  const draft = readDraft(accountSid, params, parts.numbers);
  const refusal = refusalOf(draft, parts);
  if (refusal) return errorAnswer(refusal);
  const message = messageFrom(draft);
  parts.delivery.accept(message);
  return { status: 201, sid: message.sid, body: messageJson(message) };
}

function messageFrom(draft: MessageDraft): Message {
  const { accountSid, sender, to, body, mediaUrls, messagingServiceSid, sendAt } = draft;
  const first = messagingServiceSid === '' ? 'queued' : 'accepted';
  return newMessage({
    accountSid,
    messagingServiceSid: messagingServiceSid || null,
    from: sender,
    to,
    body,
    mediaUrls,
    direction: 'outbound-api',
    status: sendAt === '' ? first : 'scheduled',
    statusCallback: draft.statusCallback || null,
    sendAt: sendAt === '' ? null : Date.parse(sendAt),
  });
}

function list({ messages, listing }: MessageParts, { accountSid, path, params }: RestRequest): RestAnswer {
  const from = params.get('From') ?? undefined;
  const to = params.get('To') ?? undefined;
  const matching = listing.listed(messages.matching({ accountSid, from, to }));
  const sent = between(matching, params, ['DateSent', (message) => message.sentAt ?? message.createdAt]);
  const json = (message: Message) => listing.read(messageJson(message));
  return { status: 200, body: pageOf(sent, { path, query: params, name: 'messages' }, json) };
}

function fetch({ messages, listing }: MessageParts, { accountSid, path, ids }: RestRequest): RestAnswer {
  const message = messages.find(accountSid, ids['sid'] ?? '');
  return message ? { status: 200, body: listing.read(messageJson(message)) } : errorAnswer(notFound(path));
}

/** A scheduled message can be canceled; a body can be emptied. */
function update({ messages }: MessageParts, { accountSid, path, ids, params }: RestRequest): RestAnswer {
  const message = messages.find(accountSid, ids['sid'] ?? '');
  if (!message) return errorAnswer(notFound(path));
  const refusal = updateRefusal(message, params);
  if (refusal) return errorAnswer(refusal);
  if (params.has('Status')) message.status = 'canceled';
  if (params.has('Body')) message.body = '';
  message.updatedAt = Date.now();
  return { status: 200, body: messageJson(message) };
}

function updateRefusal(message: Message, params: URLSearchParams): RestError | undefined {
  const unknown = [...params.keys()].find((name) => name !== 'Status' && name !== 'Body');
  if (unknown) return refused(20001, `Unknown parameters: ${unknown}`);
  if (params.get('Body')) return refused(20001, 'Body can only be emptied');
  const status = params.get('Status');
  if (status === null || (status === 'canceled' && message.status === 'scheduled')) return undefined;
  return refused(30409, `A message that is ${message.status} cannot be set to ${status}`);
}

function listMedia(parts: MessageParts, { accountSid, path, ids }: RestRequest): RestAnswer {
  const { sid = '' } = ids;
  if (!parts.messages.find(accountSid, sid)) return errorAnswer(notFound(path));
  const list = parts.media.of(accountSid, sid).map((one) => ({
    sid: one.sid,
    account_sid: accountSid,
    parent_sid: sid,
    content_type: one.contentType,
    uri: `/2010-04-01/Accounts/${accountSid}/Messages/${sid}/Media/${one.sid}.json`,
  }));
  const end = Math.max(list.length - 1, 0);
  const page = { page: 0, page_size: 50, start: 0, end, uri: path, first_page_uri: path };
  return { status: 200, body: { media_list: list, ...page, next_page_uri: null, previous_page_uri: null } };
}

function media(parts: MessageParts, { accountSid, path, ids }: RestRequest): RestAnswer {
  const found = parts.media.find(accountSid, ids['media'] ?? '');
  if (!found) return errorAnswer(notFound(path));
  return { status: 200, body: found.content, headers: { 'content-type': found.contentType } };
}

import { rfc2822 } from '../rfc2822.js';
import { BadTwiml } from '../twiml.js';
import type { Call } from '../voice/call.js';
import type { Exchange } from '../voice/exchange.js';
import type { Line, Redirection } from '../voice/line.js';
import { between, pageOf } from './paging.js';
import { errorAnswer, notFound, refused, type RestAnswer, type RestError } from './rest-errors.js';
import type { RestRequest, RestRoute } from './rest-request.js';

const UPDATE_PARAMETERS = new Set(
  'Status Url Twiml Method FallbackUrl FallbackMethod StatusCallback StatusCallbackMethod TimeLimit'.split(
    ' ',
  ),
);

/** Twilio's Call resource: read, list, hang up, redirect. */
export const callRoutes = (exchange: Exchange): readonly RestRoute[] => [
  {
    method: 'get',
    path: '/Calls.json',
    operation: 'calls.list',
    handle: (request) => list(exchange, request),
  },
  {
    method: 'get',
    path: '/Calls/:sid.json',
    operation: 'calls.fetch',
    handle: (request) => fetch(exchange, request),
  },
  {
    method: 'post',
    path: '/Calls/:sid.json',
    operation: 'calls.update',
    handle: (request) => update(exchange, request),
  },
];

function list({ calls }: Exchange, { accountSid, path, params }: RestRequest): RestAnswer {
  const from = params.get('From') ?? undefined;
  const to = params.get('To') ?? undefined;
  const matching = calls.matching({ accountSid, from, to });
  const started = between(matching, params, ['StartTime', (call) => call.createdAt]);
  const ended = between(started, params, ['EndTime', (call) => call.endedAt ?? Number.POSITIVE_INFINITY]);
  return {
    status: 200,
    body: pageOf(wanted(ended, params), { path, query: params, name: 'calls' }, callJson),
  };
}

function* wanted(calls: Iterable<Call>, params: URLSearchParams): Generator<Call> {
  const status = params.get('Status');
  const parent = params.get('ParentCallSid');
  for (const call of calls) {
    if (status !== null && call.status !== status) continue;
    if (parent === null || call.parentCallSid === parent) yield call;
  }
}

function fetch({ calls }: Exchange, { accountSid, path, ids }: RestRequest): RestAnswer {
  const call = calls.find(accountSid, ids['sid'] ?? '');
  return call ? { status: 200, body: callJson(call) } : errorAnswer(notFound(path));
}

function update(exchange: Exchange, { accountSid, path, ids, params }: RestRequest): RestAnswer {
  const call = exchange.calls.find(accountSid, ids['sid'] ?? '');
  if (!call) return errorAnswer(notFound(path));
  const unknown = [...params.keys()].find((name) => !UPDATE_PARAMETERS.has(name));
  if (unknown) return errorAnswer(refused(20001, `Unknown parameters: ${unknown}`));
  const line = exchange.lines.get(call.sid);
  if (!line)
    return errorAnswer(refused(21220, 'Unable to update record. Call is not in-progress. Cannot redirect.'));
  const refusal = change(exchange, line, params);
  return refusal ? errorAnswer(refusal) : { status: 200, body: callJson(call) };
}

function change(exchange: Exchange, line: Line, params: URLSearchParams): RestError | undefined {
  const status = params.get('Status');
  if (status !== null) return hangUp(line, status);
  const twiml = params.get('Twiml');
  const url = params.get('Url');
  if (twiml !== null) return redirectTo(exchange, line, { twiml });
  if (url !== null && !URL.canParse(url)) return refused(21205, 'Url parameter is invalid');
  return url === null ? undefined : redirectTo(exchange, line, { url });
}

/** `canceled` ends a call that is not answered yet, `completed` any. */
function hangUp(line: Line, status: string): RestError | undefined {
  if (status !== 'completed' && status !== 'canceled') return refused(21218, `Invalid Status: ${status}`);
  if (status === 'canceled' && line.call.answeredAt !== null) {
    return refused(21220, 'Unable to update record. Call is in-progress and cannot be canceled.');
  }
  if (status === 'canceled') line.call.status = 'canceled';
  line.end('api');
  return undefined;
}

function redirectTo(exchange: Exchange, line: Line, redirection: Redirection): RestError | undefined {
  try {
    if ('twiml' in redirection) exchange.fetcher.read('voice', 'rest:Twiml', redirection.twiml);
  } catch (error) {
    if (!(error instanceof BadTwiml)) throw error;
    return refused(error.errorCode, error.message);
  }
  line.redirect(redirection);
  return undefined;
}

function callJson(call: Call): Record<string, unknown> {
  return {
    sid: call.sid,
    account_sid: call.accountSid,
    parent_call_sid: call.parentCallSid,
    api_version: '2010-04-01',
    from: call.from,
    from_formatted: call.from,
    to: call.to,
    to_formatted: call.to,
    direction: call.direction,
    // The resource knows no `initiated`; a call being dialled is `queued` there.
    status: call.status === 'initiated' ? 'queued' : call.status,
    ...callTimes(call),
    answered_by: call.answeredBy,
    caller_name: call.callerName ?? null,
    forwarded_from: call.forwardedFrom ?? null,
    phone_number_sid: null,
    price: null,
    price_unit: 'USD',
    uri: `/2010-04-01/Accounts/${call.accountSid}/Calls/${call.sid}.json`,
  };
}

const callTimes = ({ createdAt, answeredAt, endedAt, durationSeconds }: Call) => ({
  date_created: rfc2822(createdAt),
  date_updated: rfc2822(endedAt ?? answeredAt ?? createdAt),
  start_time: rfc2822(answeredAt ?? createdAt),
  end_time: endedAt === null ? null : rfc2822(endedAt),
  duration: durationSeconds === null ? null : String(durationSeconds),
});

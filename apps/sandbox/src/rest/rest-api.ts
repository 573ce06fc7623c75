import { text, Router, type Request, type Response } from 'express';
import type { Accounts } from '../accounts.js';
import { faultTargets, type Faults, type FaultTarget, type Struck } from '../faults.js';
import type { Ledger } from '../ledger.js';
import { newSid } from '../sids.js';
import type { Timers } from '../timers.js';
import { errorAnswer, notFound, refused, type RestAnswer } from './rest-errors.js';
import type { RestRequest, RestRoute } from './rest-request.js';

export interface RestParts {
  readonly accounts: Accounts;
  readonly faults: Faults;
  readonly ledger: Ledger;
  readonly timers: Timers;
}

const LONGEST_HANG_MS = 120_000;
const UNAUTHORIZED = errorAnswer(refused(20003, 'Authenticate', 401));

const faultAnswer: Readonly<Record<404 | 429 | 500 | 503, RestAnswer>> = {
  404: errorAnswer(refused(20404, 'The requested resource was not found', 404)),
  429: errorAnswer(refused(20429, 'Too Many Requests', 429)),
  500: errorAnswer(refused(20500, 'Internal Server Error', 500)),
  503: errorAnswer(refused(20503, 'Service Unavailable', 503)),
};

/** What happens to one request. `null`: no answer at all. */
interface Handled {
  readonly answer: RestAnswer | null;
  readonly fault: Struck | null;
  /** What Twilio did, when the answer does not say. */
  readonly done: RestAnswer | null;
}

/** Twilio's REST API below `/2010-04-01`: credentials, faults and the ledger around its routes. */
export class RestApi {
  constructor(private readonly parts: RestParts) {}

  router(routes: readonly RestRoute[]): Router {
    const router = Router({ caseSensitive: true });
    router.use(text({ type: 'application/x-www-form-urlencoded', limit: '512kb' }));
    for (const route of routes) {
      router[route.method](`/Accounts/:account${route.path}`, (req, res) => this.#serve(route, req, res));
    }
    const account: RestRoute = { method: 'get', path: '', operation: 'accounts.get', handle: accountAnswer };
    router.get('/Accounts/:account.json', (req, res) => this.#serve(account, req, res));
    const anything: RestRoute = {
      ...account,
      operation: 'unknown',
      handle: ({ path }) => errorAnswer(notFound(path)),
    };
    router.use((req, res) => this.#serve(anything, req, res));
    return router;
  }

  #serve(route: RestRoute, req: Request, res: Response): void {
    const receivedAt = new Date();
    const request = requestOf(req);
    const handled = this.#handle(route, req, request);
    this.parts.ledger.record({
      kind: 'rest',
      operation: route.operation,
      method: req.method,
      path: request.path,
      accountSid: request.accountSid,
      params: grouped(request.params),
      receivedAt: receivedAt.toISOString(),
      ms: Date.now() - receivedAt.getTime(),
      ...outcomeOf(handled),
    });
    this.#answer(handled, res);
  }

  #handle(route: RestRoute, req: Request, request: RestRequest): Handled {
    if (!this.#isAllowed(req, request)) return { answer: UNAUTHORIZED, fault: null, done: null };
    const { operation } = route;
    const fault = isFaultTarget(operation) ? this.parts.faults.take(operation) : null;
    if (fault === null || fault.answer === 'none')
      return { answer: route.handle(request), fault, done: null };
    return this.#strike(route, request, fault);
  }

  #strike(route: RestRoute, request: RestRequest, fault: Struck): Handled {
    const { answer } = fault;
    if (typeof answer === 'number') return { answer: faultAnswer[answer], fault, done: null };
    if (answer === 'accept-later') return this.#later(route, request, fault);
    const done = answer.startsWith('accept-then-') ? route.handle(request) : null;
    return { answer: answer === 'accept-then-500' ? faultAnswer[500] : null, fault, done };
  }

  /** The request fails now, and is done later all the same. */
  #later(route: RestRoute, request: RestRequest, fault: Struck): Handled {
    this.parts.timers.after(fault.acceptAfterMs, () => void route.handle(request));
    return { answer: fault.error === 500 ? faultAnswer[500] : null, fault, done: null };
  }

  #isAllowed(req: Request, { accountSid }: RestRequest): boolean {
    const [user, password] = credentialsOf(req);
    return this.parts.accounts.accept(user, password) && (accountSid === '' || accountSid === user);
  }

  #answer(handled: Handled, res: Response): void {
    const delayMs = handled.fault?.delayMs ?? 0;
    if (delayMs === 0) this.#answerNow(handled, res);
    else
      res.once(
        'close',
        this.parts.timers.after(delayMs, () => this.#answerNow(handled, res)),
      );
  }

  #answerNow({ answer, fault }: Handled, res: Response): void {
    if (answer) return send(answer, res);
    const cut = (): unknown => res.socket?.resetAndDestroy();
    if (fault?.answer === 'accept-later' || String(fault?.answer).endsWith('reset')) cut();
    else res.once('close', this.parts.timers.after(LONGEST_HANG_MS, cut));
  }
}

function send({ status, headers = {}, body }: RestAnswer, res: Response): void {
  res.status(status).set('twilio-request-id', newSid('RQ')).set(headers);
  if (Buffer.isBuffer(body)) res.send(body);
  else if (body === null) res.end();
  else res.json(body);
}

function accountAnswer({ accountSid }: RestRequest): RestAnswer {
  const body = {
    sid: accountSid,
    owner_account_sid: accountSid,
    friendly_name: 'Sandbox',
    status: 'active',
    type: 'Full',
    uri: `/2010-04-01/Accounts/${accountSid}.json`,
  };
  return { status: 200, body };
}

function requestOf(req: Request): RestRequest {
  const url = new URL(req.originalUrl, 'http://sandbox');
  const ids = Object.fromEntries(Object.entries(req.params).map(([name, value]) => [name, String(value)]));
  const body: unknown = req.body;
  const form = typeof body === 'string' ? new URLSearchParams(body) : new URLSearchParams();
  const params = req.method === 'GET' ? url.searchParams : form;
  return { accountSid: ids['account'] ?? '', path: url.pathname, params, ids };
}

function credentialsOf(req: Request): [string, string] {
  const [scheme = '', encoded = ''] = (req.headers.authorization ?? '').split(' ');
  if (scheme.toLowerCase() !== 'basic') return ['', ''];
  const [user = '', ...password] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  return [user, password.join(':')];
}

/** What the ledger says of it. Status 0: there was no answer. */
function outcomeOf({ answer, fault, done }: Handled) {
  const { code = null, sid = null } = done ?? answer ?? {};
  return { status: answer?.status ?? 0, code, sid, fault: fault === null ? null : String(fault.answer) };
}

function grouped(params: URLSearchParams): Record<string, string | string[]> {
  const names = new Set(params.keys());
  return Object.fromEntries([...names].map((name) => [name, single(params.getAll(name))]));
}

const single = (values: string[]): string | string[] => (values.length === 1 ? values.join('') : values);

const isFaultTarget = (operation: string): operation is FaultTarget =>
  (faultTargets as readonly string[]).includes(operation);

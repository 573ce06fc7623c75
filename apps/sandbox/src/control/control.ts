import { json, Router, type NextFunction, type Request, type Response } from 'express';
import type { Accounts } from '../accounts.js';
import { mistakeIn, type Faults } from '../faults.js';
import type { Ledger } from '../ledger.js';
import type { InboundMessages } from '../messages/inbound-message.js';
import type { Listing } from '../messages/listing.js';
import type { Numbers } from '../numbers.js';
import { CallSession } from '../voice/call-session.js';
import type { Exchange } from '../voice/exchange.js';
import { BadControlBody } from './control-body.js';
import * as requests from './control-requests.js';
import { streamEvents } from './event-stream.js';
import type { KnownElsewhere } from './known-elsewhere.js';
import { transcriptOf } from './transcript.js';

export interface ControlParts {
  readonly exchange: Exchange;
  readonly inbound: InboundMessages;
  readonly accounts: Accounts;
  readonly numbers: Numbers;
  readonly faults: Faults;
  readonly ledger: Ledger;
  readonly listing: Listing;
  readonly elsewhere: KnownElsewhere;
}

/** The `/sandbox` routes: what a developer, a test or the demo does to the sandbox. */
export class Control {
  constructor(private readonly parts: ControlParts) {}

  router(): Router {
    const { ledger, faults, listing } = this.parts;
    const router = Router();
    router.use(json({ limit: '8mb' }));
    router.post('/calls', (req, res) => this.#call(req, res));
    router.post('/messages', (req, res) => this.#text(req, res));
    router.post('/known', (req, res) => this.#known(req, res));
    router.get('/transcript', (req, res) => this.#transcript(req, res));
    router.get('/events', (req, res) => streamEvents(ledger, req, res));
    router.post('/faults', (req, res) => this.#addFault(req, res));
    router.get('/faults', (_, res) => void res.json({ faults: faults.list() }));
    router.delete('/faults', (_, res) => {
      faults.clear();
      res.sendStatus(204);
    });
    router.put('/listing', (req, res) => this.#list(req, res));
    router.get('/listing', (_, res) => void res.json(listing.settings));
    router.delete('/listing', (_, res) => {
      listing.reset();
      res.sendStatus(204);
    });
    router.get('/ledger', (req, res) => this.#ledger(req, res));
    router.delete('/ledger', (_, res) => {
      ledger.clear();
      res.sendStatus(204);
    });
    router.put('/accounts/:accountSid', (req, res) => this.#account(req, res));
    router.put('/numbers/:number', (req, res) => this.#number(req, res));
    router.use(
      (req, res) => void res.status(404).json({ message: `The sandbox has no ${req.method} ${req.path}` }),
    );
    router.use(refuse);
    return router;
  }

  async #call(req: Request, res: Response): Promise<void> {
    const { wait, ...script } = requests.callRequest(req.body, 'body');
    const { exchange, ledger } = this.parts;
    const session = new CallSession(exchange, script);
    const { call } = session;
    const ended = session.run();
    if (wait !== true) {
      ledger.background(ended);
      res.status(201).json({ callSid: call.sid });
      return;
    }
    await ended;
    const { sid: callSid, status, durationSeconds } = call;
    res.status(201).json({ callSid, status, durationSeconds, timeline: this.#timeline(callSid) });
  }

  #timeline(callSid: string) {
    return this.parts.ledger.entries().flatMap((entry) => {
      const isOfCall = entry.kind === 'call' && [entry.callSid, entry.parentCallSid].includes(callSid);
      return isOfCall
        ? [{ at: entry.at, event: entry.event, to: entry.to, status: entry.status, detail: entry.detail }]
        : [];
    });
  }

  async #text(req: Request, res: Response): Promise<void> {
    const { wait, ...script } = requests.messageRequest(req.body, 'body');
    const { message, answered } = this.parts.inbound.receive(script);
    if (wait === true) await answered;
    else this.parts.ledger.background(answered);
    res.status(201).json({ messageSid: message.sid });
  }

  #known(req: Request, res: Response): void {
    const { texts = [], calls = [] } = requests.knownRequest(req.body, 'body');
    for (const each of texts) this.parts.elsewhere.text(each);
    for (const each of calls) this.parts.elsewhere.call(each);
    res.sendStatus(204);
  }

  #transcript(req: Request, res: Response): void {
    const { number } = req.query;
    if (typeof number !== 'string')
      throw new BadControlBody('send ?number=, a phone number with its + as %2B');
    // An unescaped + arrives as a blank.
    const phone = number.replace(/^ /, '+');
    res.json({ number: phone, lines: transcriptOf(this.parts.ledger.entries(), phone) });
  }

  #ledger(req: Request, res: Response): void {
    const { kind, since = '0' } = req.query;
    const entries = this.parts.ledger
      .entries()
      .filter((entry) => entry.seq > Number(since) && (kind === undefined || entry.kind === kind));
    res.json({ entries, dropped: this.parts.ledger.dropped });
  }

  #addFault(req: Request, res: Response): void {
    const request = requests.faultRequest(req.body, 'body');
    const mistake = mistakeIn(request);
    if (mistake !== undefined) throw new BadControlBody(mistake);
    res.status(201).json(this.parts.faults.add(request));
  }

  #list(req: Request, res: Response): void {
    this.parts.listing.change(requests.listingRequest(req.body, 'body'));
    res.json(this.parts.listing.settings);
  }

  #account(req: Request, res: Response): void {
    const accountSid = requests.accountSid(req.params['accountSid'], 'the account in the path');
    this.parts.accounts.put({ accountSid, ...requests.accountRequest(req.body, 'body') });
    res.json({ accountSid });
  }

  #number(req: Request, res: Response): void {
    const number = requests.phoneNumber(req.params['number'], 'the number in the path');
    const settings = requests.numberRequest(req.body, 'body');
    if (!this.parts.accounts.find(settings.accountSid)) {
      throw new BadControlBody(
        `body.accountSid is no account here; PUT /sandbox/accounts/${settings.accountSid} first`,
      );
    }
    res.json(this.parts.numbers.put(number, settings));
  }
}

/** Whatever a control request says wrong is a 400 that says what to send. */
function refuse(error: Error & { status?: number }, _req: Request, res: Response, next: NextFunction): void {
  if (res.headersSent) return next(error);
  const isTheirs = error instanceof BadControlBody || (error.status ?? 500) < 500;
  res.status(isTheirs ? 400 : 500).json({ message: error.message });
}

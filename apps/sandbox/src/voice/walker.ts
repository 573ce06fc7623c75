import type { Params } from '../signature.js';
import type { TwimlDocument } from '../twiml-fetch.js';
import type { TwimlElement } from '../twiml.js';
import { standardParams } from './call.js';
import { answer, note, type Exchange } from './exchange.js';
import type { Line, Redirection } from './line.js';

/** How a walk through TwiML ended. */
export type WalkEnd = 'document-over' | 'hung-up' | 'rejected' | 'rejected-busy' | 'line-over' | 'error';

export interface TwimlCall {
  readonly url: string;
  readonly method?: 'GET' | 'POST' | undefined;
  readonly purpose: string;
  readonly params: Params;
}

type Leap = { readonly end: WalkEnd } | { readonly fetch: TwimlCall | Redirection };

/** Where the walk goes after a verb. */
export type Step = 'next' | Leap;

export interface VerbInHand {
  readonly verb: TwimlElement;
  readonly document: TwimlDocument;
  /** The call's very first verb: it may leave the call unanswered. */
  readonly isFirst: boolean;
}

type VerbHandler = (inHand: VerbInHand) => Step | Promise<Step>;
export type VerbHandlers = Readonly<Record<string, VerbHandler>>;

const MOST_DOCUMENTS = 100;

/** Reads TwiML to a line, verb by verb, and follows it from document to document. */
export class Walker {
  constructor(
    private readonly exchange: Exchange,
    private readonly line: Line,
    private readonly verbs: VerbHandlers,
    private readonly fallbackUrl: string | null,
  ) {}

  /** Plays what `start` answers with; a document that cannot be had or used ends it with `error`. */
  async walk(start: TwimlCall): Promise<WalkEnd> {
    let leap: Leap = { fetch: start };
    for (let documents = 0; documents < MOST_DOCUMENTS; documents += 1) {
      if ('end' in leap) return leap.end;
      const document = await this.#open(leap.fetch);
      leap = document === null ? { end: 'error' } : await this.#play(document, documents === 0);
      if (this.line.signal.aborted) leap = this.#interrupted();
    }
    note(this.exchange, this.line.call, 'gave-up', `more than ${MOST_DOCUMENTS} documents in one call`);
    return 'error';
  }

  #interrupted(): Leap {
    const redirection = this.line.takeRedirection();
    return redirection === null ? { end: 'line-over' } : { fetch: redirection };
  }

  #open(call: TwimlCall | Redirection): Promise<TwimlDocument | null> {
    const { fetcher } = this.exchange;
    if ('twiml' in call) return Promise.resolve(fetcher.read('voice', 'rest:Twiml', call.twiml));
    return this.line.unlessOver(fetcher.fetch(this.#request(call)));
  }

  #request(call: TwimlCall | { readonly url: string }) {
    const { sid, accountSid } = this.line.call;
    const asked = 'params' in call ? call : { ...call, purpose: 'redirected-call', params: {} };
    const params = { ...standardParams(this.line.call), ...asked.params };
    const webhook = { accountSid, purpose: asked.purpose, url: asked.url, params, ...methodOf(asked) };
    return { language: 'voice', webhook, resourceSid: sid, fallbackUrl: this.fallbackUrl } as const;
  }

  async #play(document: TwimlDocument, isFirstDocument: boolean): Promise<Leap> {
    if (isFirstDocument && document.verbs.length === 0) answer(this.exchange, this.line.call);
    for (const [index, verb] of document.verbs.entries()) {
      note(this.exchange, this.line.call, 'verb', verb.name);
      const handler = this.verbs[verb.name];
      const isFirst = isFirstDocument && index === 0;
      const step = handler ? await handler({ verb, document, isFirst }) : this.#cannotPlay(verb, document);
      if (step !== 'next') return step;
      if (this.line.signal.aborted) break;
    }
    return { end: 'document-over' };
  }

  #cannotPlay({ name }: TwimlElement, { url }: TwimlDocument): Step {
    const { accountSid, sid } = this.line.call;
    const message = `The sandbox does not play <${name}>; it goes on with the next verb`;
    this.exchange.alerts.raise({ accountSid, resourceSid: sid, errorCode: 13200, message, url });
    return 'next';
  }
}

const methodOf = (call: { readonly method?: 'GET' | 'POST' | undefined }) =>
  call.method === undefined ? {} : { method: call.method };

/** A URL of a verb's attribute, from the document it stands in; without one, the document's own. */
export function urlIn(document: TwimlDocument, attribute: string | undefined): string {
  if (attribute === undefined || attribute === '') return document.url;
  if (URL.canParse(attribute) || !URL.canParse(attribute, document.url)) return attribute;
  return new URL(attribute, document.url).href;
}

/** The HTTP method that a verb asks for. */
export const methodIn = (verb: TwimlElement, attribute = 'method'): 'GET' | 'POST' =>
  verb.attributes[attribute]?.toUpperCase() === 'GET' ? 'GET' : 'POST';

import { buildConnector, Client, type Dispatcher } from 'undici';

const CONNECT_MS = 10_000;
const TOTAL_MS = 20_000;
const LARGEST_ANSWER = 1_000_000;

/** A create: one origin, one form, and who is asked at the last moment. */
export interface Post {
  readonly origin: string;
  readonly path: string;
  readonly authorization: string;
  readonly form: URLSearchParams;
  /** Asked once, on a connection that stands, in the very tick in which the request is written. */
  readonly mayLeave: () => boolean;
}

export interface Reply {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** Cut short when the connection broke in the middle of it. */
  readonly text: string;
}

/** No byte of the request left. */
export class NotSent extends Error {}

/** TLS sessions are resumed, so a connection of its own costs a create little. */
const connector = buildConnector({ timeout: CONNECT_MS, allowH2: false, maxCachedSessions: 100 });

/** Hears what becomes of the one request. undici asks `onRequestStart` when it is about to write, and not before. */
class Hearing implements Dispatcher.DispatchHandler {
  private left = false;
  private status = 0;
  private retryAfter: string | undefined;
  private readonly chunks: Buffer[] = [];

  constructor(
    private readonly mayLeave: () => boolean,
    private readonly answered: (reply: Reply) => void,
    private readonly failed: (error: Error) => void,
  ) {}

  onRequestStart(): void {
    if (!this.mayLeave()) throw new NotSent('It was too late to send this attempt.');
    this.left = true;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    if (status < 200) return;
    this.status = status;
    this.retryAfter = [headers['retry-after']].flat().at(0);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.answered(this.reply());
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (!this.left) this.failed(new NotSent(String(error)));
    else if (this.status === 0) this.failed(error);
    else this.answered(this.reply());
  }

  private reply(): Reply {
    const text = Buffer.concat(this.chunks).toString('utf8');
    return { status: this.status, retryAfter: this.retryAfter, text };
  }
}

/**
 * Posts once, over a connection of its own that is made first: nothing is tried again, no redirect is followed, no
 * socket is used that lay idle.
 * @throws NotSent when no byte left; any other error leaves open whether it arrived
 */
export const postOnce = async ({ origin, path, authorization, form, mayLeave }: Post): Promise<Reply> => {
  const client = new Client(origin, {
    connect: connector,
    pipelining: 0,
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: LARGEST_ANSWER,
  });
  const late = setTimeout(() => void client.destroy(new Error('no answer within 20 s')), TOTAL_MS);
  const headers = {
    authorization,
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
  };
  try {
    return await new Promise<Reply>((answered, failed) => {
      const hearing = new Hearing(mayLeave, answered, failed);
      client.dispatch({ path, method: 'POST', headers, body: form.toString() }, hearing);
    });
  } finally {
    clearTimeout(late);
    void client.destroy();
  }
};

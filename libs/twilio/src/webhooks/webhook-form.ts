import type { NextFunction, Request, Response } from 'express';

/** Twilio's bodies are small; whatever is larger is not Twilio's (contract.md, section 3). */
const LIMIT_BYTES = 64 * 1024;
const LIMIT_PARAMETERS = 200;

/** A webhook's body as it came: nothing is believed yet. */
export interface WebhookForm {
  /** Of a repeated key, all values. */
  readonly params: Readonly<Record<string, string | string[]>>;
  readonly repeated: boolean;
  /** The raw text of a JSON body, which the signature covers by its hash; null for a form. */
  readonly json: string | null;
}

export type WebhookCall = Request & { webhookForm?: WebhookForm };

const refuse = (response: Response, status: number, code: string, detail: string): void => {
  const body = { type: `urn:twilio-server:problem:${code}`, title: 'Refused webhook', status, detail, code };
  response.status(status).type('application/problem+json').send(JSON.stringify(body));
};

/** JSON comes only from the debugger and event streams, signed by its hash in the URL. */
const isSignedJson = (request: Request, type: string): boolean =>
  type === 'application/json' &&
  request.path.endsWith('/debugger') &&
  request.query['bodySHA256'] !== undefined;

const typeOf = (header = ''): string => header.replace(/;.*$/s, '').trim().toLowerCase();

const readable = (request: Request, response: Response): string | null => {
  if (request.method !== 'POST') {
    response.setHeader('Allow', 'POST');
    refuse(response, 405, 'method-not-allowed', 'Twilio posts here.');
    return null;
  }
  const type = typeOf(request.headers['content-type']);
  const encoding = request.headers['content-encoding'] ?? 'identity';
  const known = type === 'application/x-www-form-urlencoded' || isSignedJson(request, type);
  if (known && encoding.toLowerCase() === 'identity') return type;
  refuse(response, 415, 'unsupported-media-type', 'Send application/x-www-form-urlencoded, uncompressed.');
  return null;
};

const read = (request: Request, done: (raw: Buffer | null) => void): void => {
  const chunks: Buffer[] = [];
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= LIMIT_BYTES) chunks.push(chunk);
  });
  request.on('end', () => done(size > LIMIT_BYTES ? null : Buffer.concat(chunks)));
  request.on('error', () => undefined);
};

/** Reads form fields; null when there are more than Twilio sends. */
export const formOf = (text: string): WebhookForm | null => {
  const params: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  let count = 0;
  let repeated = false;
  for (const [key, value] of new URLSearchParams(text)) {
    count += 1;
    if (count > LIMIT_PARAMETERS) return null;
    const before = params[key];
    repeated ||= before !== undefined;
    params[key] = before === undefined ? value : [before, value].flat();
  }
  return { params, repeated, json: null };
};

/** Stands before every webhook route: refuses by method, type and size, in that order, and reads the body. */
export const readWebhook = (request: WebhookCall, response: Response, next: NextFunction): void => {
  const type = readable(request, response);
  if (type === null) return request.resume() as unknown as void;
  const tooLarge = (): void =>
    refuse(response, 413, 'content-too-large', 'At most 64 kB and 200 parameters.');
  if (Number(request.headers['content-length'] ?? 0) > LIMIT_BYTES) {
    request.resume();
    return tooLarge();
  }
  read(request, (raw) => {
    const text = raw?.toString('utf8');
    const form =
      text === undefined
        ? null
        : type === 'application/json'
          ? { params: {}, repeated: false, json: text }
          : formOf(text);
    if (form === null) return tooLarge();
    request.webhookForm = form;
    next();
  });
};

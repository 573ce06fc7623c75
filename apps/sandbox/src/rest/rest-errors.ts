/** What the REST API answers. */
export interface RestAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** For the ledger: Twilio's error code, or what was made. */
  readonly code?: number;
  readonly sid?: string;
}

/** A refusal as Twilio words it. */
export interface RestError {
  readonly status: number;
  readonly code: number;
  readonly message: string;
}

export const refused = (code: number, message: string, status = 400): RestError => ({
  status,
  code,
  message,
});

export const notFound = (path: string): RestError =>
  refused(20404, `The requested resource ${path} was not found`, 404);

/** Twilio's error JSON. */
export const errorAnswer = ({ status, code, message }: RestError): RestAnswer => ({
  status,
  code,
  body: { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status },
  ...(status === 429 ? { headers: { 'retry-after': '1' } } : {}),
  ...(status === 401 ? { headers: { 'www-authenticate': 'Basic realm="Twilio API"' } } : {}),
});

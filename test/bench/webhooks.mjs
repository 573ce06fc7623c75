import { createHmac, randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';

import twilio from 'twilio';

export const ACCOUNT = {
  accountSid: `AC${'be'.repeat(16)}`,
  authToken: 'the-token-of-the-account-of-the-bench',
};

const WITHIN_MS = 30_000;

/** Twilio's signature, by node:crypto so that signing costs the generator little (compared once, below). */
export const signatureOf = (url, params) => {
  const signed = Object.keys(params)
    .sort()
    .reduce((text, key) => text + key + params[key], url);
  return createHmac('sha1', ACCOUNT.authToken).update(signed).digest('base64');
};

const SAMPLE = [
  `https://example.com/path?c=1`,
  { To: '+14155550100', Body: 'é b', AccountSid: ACCOUNT.accountSid },
];
if (signatureOf(...SAMPLE) !== twilio.getExpectedTwilioSignature(ACCOUNT.authToken, ...SAMPLE)) {
  throw new Error("The bench's signature is not Twilio's.");
}

export const newSid = (prefix) => prefix + randomBytes(16).toString('hex');

/** Posts signed webhooks to one server, as Twilio does, over kept-alive connections. */
export class WebhookSender {
  #agent = new Agent({ keepAlive: true, maxSockets: 200, maxFreeSockets: 200 });

  /** @param port where the server listens, when that is not PUBLIC_URL's port */
  constructor(publicUrl, port = Number(new URL(publicUrl).port)) {
    this.publicUrl = publicUrl;
    this.port = port;
  }

  /**
   * @param to a path, or one of the server's own callback URLs
   * @returns status and body; rejects when there is no answer in 30 s
   */
  post(to, params) {
    const url = to.startsWith('/') ? this.publicUrl + to : to;
    const body = new URLSearchParams(params).toString();
    const headers = {
      host: `localhost:${this.port}`,
      'user-agent': 'TwilioProxy/1.1',
      'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
      'content-length': Buffer.byteLength(body),
      'x-twilio-signature': signatureOf(url, params),
    };
    const path = url.slice(this.publicUrl.length);
    const where = { agent: this.#agent, host: '127.0.0.1', port: this.port, method: 'POST', path, headers };
    return new Promise((done, fail) => {
      const asked = request({ ...where, timeout: WITHIN_MS }, (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk) => (text += chunk));
        answer.on('end', () => done({ status: answer.statusCode, text }));
        answer.on('error', fail);
      });
      asked.on('timeout', () => asked.destroy(new Error('no answer in time')));
      asked.on('error', fail);
      asked.end(body);
    });
  }

  close() {
    this.#agent.destroy();
  }
}

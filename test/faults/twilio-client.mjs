import { Agent, request } from 'node:http';

import { clock } from '../bench/open-loop.mjs';
import { signatureOf } from '../bench/webhooks.mjs';

const CONNECT_WITHIN_MS = 5_000;
const WITHIN_MS = 15_000;

/**
 * Asks once. `connected` tells whether the request may have reached somebody: not when there was no connection, nor
 * when a kept-alive one turned out to be closed before any byte of an answer.
 */
const ask = (options, body, withinMs) =>
  new Promise((done) => {
    const asked = request(options, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk) => (text += chunk));
      answer.on('end', () => end({ status: answer.statusCode, text, connected: true }));
      answer.on('error', (error) => end({ status: 0, text: String(error), connected: true }));
    });
    let connected = false;
    const budget = setTimeout(() => asked.destroy(new Error('no answer in time')), withinMs);
    const connecting = setTimeout(
      () => connected || asked.destroy(new Error('no connection in time')),
      Math.min(CONNECT_WITHIN_MS, withinMs),
    );
    const end = (answer) => {
      clearTimeout(budget);
      clearTimeout(connecting);
      done(answer);
    };
    asked.on('socket', (socket) => {
      if (socket.connecting) socket.once('connect', () => (connected = true));
      else connected = true;
    });
    asked.on('error', (error) => {
      const wasClosed = asked.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(error.code);
      end({ status: 0, text: `${error.code ?? ''} ${error.message}`, connected: connected && !wasClosed });
    });
    asked.end(body);
  });

/**
 * Posts signed webhooks as Twilio does: kept-alive connections, 5 s to connect, 15 s in all, and one more try when
 * the connection fails, never after the request went out.
 */
export class TwilioClient {
  #agent = new Agent({ keepAlive: true, maxSockets: 400, maxFreeSockets: 400, timeout: 30_000 });

  /**
   * @param publicUrl what signatures are made for
   * @param retries 1 as Twilio; 0 to see every failure of the connection
   */
  constructor(publicUrl, { retries = 1 } = {}) {
    this.publicUrl = publicUrl;
    this.retries = retries;
    this.port = Number(new URL(publicUrl).port);
  }

  /** Never rejects: status 0 is no answer. @param to a path, or one of the hub's own callback URLs */
  async post(to, params) {
    const url = to.startsWith('/') ? this.publicUrl + to : to;
    const body = new URLSearchParams(params).toString();
    const headers = {
      host: new URL(this.publicUrl).host,
      'user-agent': 'TwilioProxy/1.1',
      'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
      'content-length': Buffer.byteLength(body),
      'x-twilio-signature': signatureOf(url, params),
    };
    const path = url.slice(this.publicUrl.length);
    const options = { agent: this.#agent, host: '127.0.0.1', port: this.port, method: 'POST', path, headers };
    const sentAt = clock();
    for (let tries = 1; ; tries += 1) {
      const answer = await ask(options, body, sentAt + WITHIN_MS - clock());
      const mayTryAgain = answer.status === 0 && !answer.connected && tries <= this.retries;
      if (!mayTryAgain || clock() > sentAt + WITHIN_MS - 100)
        return { ...answer, tries, sentAt, ms: clock() - sentAt };
    }
  }

  close() {
    this.#agent.destroy();
  }
}

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { pause } from '#libs/platform';

import { TcpProxy } from './faults/tcp-proxy.js';
import { newCaller } from './hub.js';
import { until } from './process.js';
import { ProcessHub } from './process-hub.js';

const TRIES = 5;
const WORDS = 'Cut at its commit';
const CLAIM = 'insert into message_attempts';

describe('a commit that went through, and the word of it did not', () => {
  let hub: ProcessHub;
  let proxy: TcpProxy;

  beforeAll(async () => {
    hub = await ProcessHub.prepare();
    const { hostname: host, port } = new URL(hub.database.address.url);
    proxy = await TcpProxy.open({ host, port: Number(port) }, { speaksPostgres: true });
  }, 90_000);
  afterEach(() => hub.kill());
  afterAll(async () => {
    await hub.close();
    await proxy.close();
  });

  /** Cuts the next commit after these words were seen on their way to the database. */
  const cutOnce = (words: string): void => {
    let isArmed = false;
    proxy.onUp = (chunk) => {
      if (chunk.includes(words)) isArmed = true;
    };
    proxy.cutAtCommit(() => {
      if (!isArmed) return null;
      isArmed = false;
      proxy.onUp = null;
      return 'after';
    });
  };

  it('made one text, when that is asked for again with the same Idempotency-Key', async () => {
    hub.start({ DATABASE_URL: proxy.urlOf(hub.database.address.url) });
    await hub.ready();
    const { key } = await hub.tenant();
    const write = (to: string, nth: number): Promise<Response> =>
      fetch(`${hub.url}/v1/messages`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${key}`,
          'content-type': 'application/json',
          'idempotency-key': `cut-${nth}`,
        },
        body: JSON.stringify({ to, body: WORDS }),
      });
    let refused = 0;
    for (let nth = 1; nth <= TRIES && refused === 0; nth += 1) {
      const to = newCaller();
      cutOnce(WORDS); // another connection's commit may come first, and be cut instead
      const first = await write(to, nth);
      if (first.status === 503) refused += 1;
      const again = await until(async () => {
        const answer = await write(to, nth);
        return answer.status === 201 && answer;
      });
      expect(await again.json()).toMatchObject({ body: WORDS });
      await until(async () => hub.sandbox.textsTo(to).length > 0);
      await pause(1_000);
      expect(hub.sandbox.textsTo(to)).toEqual([WORDS]);
    }
    expect([refused, proxy.cuts > 0]).toEqual([1, true]);
  }, 90_000);

  it('keeps no text waiting that nobody has requested', async () => {
    hub.start({ DATABASE_URL: proxy.urlOf(hub.database.address.url) });
    await hub.ready();
    const { number } = await hub.tenant();
    const tried = `select outcome from message_attempts a join messages m on m.id = a.message_id
      join contacts c on c.id = m.contact_id where c.number = $1 order by opened_at`;
    const ends: unknown[] = [];
    for (let nth = 1; nth <= TRIES && !ends.includes('not-sent'); nth += 1) {
      const to = newCaller();
      cutOnce(CLAIM); // another connection's commit may come first, and be cut instead
      await hub.misses(to, number);
      await until(async () => hub.sandbox.textsTo(to).length > 0);
      expect(hub.sandbox.textsTo(to)).toHaveLength(1);
      ends.push(...(await hub.database.query(tried, [to])).map(({ outcome }) => outcome));
    }
    expect(ends).toContain('not-sent');
  }, 180_000);
});

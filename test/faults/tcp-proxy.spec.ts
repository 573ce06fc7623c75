import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pause } from '#libs/platform';

import { TcpProxy } from './tcp-proxy.ts';

const query = (text: string): Buffer => message('Q', `${text}\0`);
const message = (type: string, ...parts: readonly (string | number)[]): Buffer => {
  const body = Buffer.concat(
    parts.map((part) => (typeof part === 'number' ? Buffer.alloc(part) : Buffer.from(part))),
  );
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const startup = (): Buffer => {
  const body = Buffer.from('user\0bench\0\0');
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length + 8);
  head.writeUInt32BE(196_608, 4);
  return Buffer.concat([head, body]);
};

describe('the fault proxy', () => {
  let server: Server;
  let proxy: TcpProxy;
  let heard: string;
  let taken: Socket[];
  const clients: Socket[] = [];

  beforeEach(async () => {
    [heard, taken] = ['', []];
    server = createServer((socket) => {
      taken.push(socket);
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        heard += chunk.toString('latin1');
        socket.write(chunk.includes('commit') ? 'C COMMIT\0' : chunk);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    proxy = await TcpProxy.open({ host: '127.0.0.1', port }, { speaksPostgres: true });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    for (const socket of taken) socket.destroy();
    await proxy.close();
    server.close();
  });

  const open = async (): Promise<{ client: Socket; said: () => string; end: Promise<string> }> => {
    const client = connect(proxy.port, '127.0.0.1');
    clients.push(client);
    let said = '';
    client.on('data', (chunk) => (said += chunk.toString('latin1')));
    const end = new Promise<string>((done) => {
      client.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? ''));
      client.once('close', () => done('closed'));
    });
    await once(client, 'connect');
    client.write(startup());
    return { client, said: () => said.slice(startup().length), end };
  };
  const until = async (isSo: () => boolean): Promise<void> => {
    for (let tries = 0; !isSo(); tries += 1) {
      if (tries > 400) throw new Error(`never came true: ${isSo.toString()}`);
      await pause(5);
    }
  };

  it('passes', async () => {
    const { client, said } = await open();
    client.write(query('select 1'));
    await until(() => said().includes('select 1'));
  });

  it('delays every byte, in its order', async () => {
    const { client, said } = await open();
    proxy.delay(60, 40);
    const startedAt = performance.now();
    for (const text of ['a', 'b', 'c', 'd']) client.write(query(`select '${text}'`));
    await until(() => said().includes("'d'"));
    expect(performance.now() - startedAt).toBeGreaterThan(115);
    expect([...said().matchAll(/'(.)'/g)].map(([, letter]) => letter)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('swallows both ways; and, well again, resets what lost bytes and passes what is new', async () => {
    const { client, said, end } = await open();
    const idle = await open();
    await until(() => taken.length === 2 && heard.length === 2 * startup().length);
    proxy.blackHole();
    client.write(query('select 1'));
    const newcomer = await open();
    await pause(60);
    expect([heard.includes('select'), said(), taken.length]).toEqual([false, '', 2]);
    await proxy.heal();
    expect([await end, await newcomer.end]).toEqual(['ECONNRESET', 'ECONNRESET']);
    idle.client.write(query('select 2'));
    await until(() => idle.said().includes('select 2'));
  });

  it.each(['up', 'down'] as const)('can be dead %s only', async (direction) => {
    const { client, said } = await open();
    await until(() => heard.length === startup().length);
    proxy.halfOpen(direction);
    client.write(query('select 1'));
    await pause(60);
    expect(heard.includes('select')).toBe(direction === 'down');
    taken[0]?.write('news');
    await pause(60);
    expect(said().includes('news')).toBe(direction === 'up');
  });

  it('resets', async () => {
    const { end } = await open();
    await until(() => taken.length === 1);
    const served = new Promise((done) =>
      taken[0]?.once('error', ({ code }: NodeJS.ErrnoException) => done(code)),
    );
    proxy.resetAll();
    expect([await end, await served]).toEqual(['ECONNRESET', 'ECONNRESET']);
  });

  it('refuses new connections, leaves the others alone, and takes them again', async () => {
    const { client, said } = await open();
    await until(() => taken.length === 1);
    await proxy.refuse();
    const refused = connect(proxy.port, '127.0.0.1');
    const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
    client.write(query('select 1'));
    await until(() => said().includes('select 1'));
    await proxy.heal();
    await open();
  });

  it('cuts before a COMMIT: the server never hears it, and hears all before it', async () => {
    const { client, end } = await open();
    proxy.cutAtCommit(() => 'before');
    client.write(Buffer.concat([query('insert into calls'), query('commit')]));
    expect(await end).toBe('ECONNRESET');
    await pause(20);
    expect([heard.includes('insert into calls'), heard.includes('commit'), proxy.cuts]).toEqual([
      true,
      false,
      1,
    ]);
  });

  it('cuts after a COMMIT: the server has heard it, and nobody its answer', async () => {
    const { client, said, end } = await open();
    proxy.cutAtCommit(() => 'after');
    client.write(Buffer.concat([query('insert into calls'), query('commit')]));
    expect(await end).toBe('ECONNRESET');
    expect([heard.includes('insert into calls'), heard.includes('commit')]).toEqual([true, true]);
    expect(said()).not.toContain('COMMIT');
  });

  it('sees the commit of a prepared statement, in whatever pieces it comes', async () => {
    const { client, end } = await open();
    proxy.cutAtCommit(() => 'before');
    const prepared = [
      message('P', 's1\0commit\0', 2),
      message('P', 's2\0select 1\0', 2),
      message('B', '\0s2\0', 6),
      message('E', '\0', 4),
      message('B', '\0s1\0', 6),
      message('E', '\0', 4),
    ];
    for (const byte of Buffer.concat(prepared)) client.write(Buffer.of(byte));
    expect(await end).toBe('ECONNRESET');
    await until(() => heard.includes('select 1'));
    expect(proxy.cuts).toBe(1);
  });

  it('lets a commit pass that the rule does not pick, and a text that only speaks of one', async () => {
    const { client } = await open();
    const asked: string[] = [];
    proxy.cutAtCommit(() => {
      asked.push('asked');
      return null;
    });
    client.write(query("select 'commit'"));
    client.write(query('commit'));
    await until(() => heard.endsWith('commit\0') && !heard.endsWith("select 'commit'\0"));
    expect(asked).toEqual(['asked']);
  });
});

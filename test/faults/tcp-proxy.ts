import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import { FrontendMessages } from './frontend-messages.ts';
import { Pipe, type Flow } from './pipe.ts';

export type Direction = 'up' | 'down';
export interface Target {
  readonly host: string;
  readonly port: number;
}
/** `before`: the server never hears the commit. `after`: it has committed, and its word of that is lost. */
export type Cut = 'before' | 'after';
/** Which commits are cut, asked for each: null lets it through. */
export type CutRule = () => Cut | null;

const PASS: Flow = { kind: 'pass' };
const ENDED = [Buffer.from('COMMIT\0'), Buffer.from('ROLLBACK\0')];

/** One connection through the proxy: the client's socket, the server's, and a pipe each way. */
interface Link {
  readonly client: Socket;
  readonly server: Socket;
  readonly up: Pipe;
  readonly down: Pipe;
  /** The commit went out, and its answer is waited for, to be lost. */
  answerIsLost: boolean;
}

/**
 * Stands before PostgreSQL or the sandbox, and is a bad network when told to: it delays, swallows one direction or
 * both, resets, refuses, or cuts a connection at its COMMIT. A connection that lost bytes is reset when the network
 * is well again: no TCP ever delivers a stream with a hole.
 */
export class TcpProxy {
  private readonly links = new Set<Link>();
  private flows: Record<Direction, Flow> = { up: PASS, down: PASS };
  private swallowing = new Set<Socket>();
  private accepts = true;
  private cutRule: CutRule = () => null;
  /** Hears what goes up, before it does; nobody, unless set. */
  onUp: ((chunk: Buffer) => void) | null = null;
  /** How many connections were cut at their commit. */
  cuts = 0;

  private server: Server;
  private readonly target: Target;
  private readonly speaksPostgres: boolean;

  private constructor(server: Server, target: Target, speaksPostgres: boolean) {
    this.server = server;
    this.target = target;
    this.speaksPostgres = speaksPostgres;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (client: Socket) => this.take(client));
  }

  readonly port: number;

  /**
   * @param speaksPostgres so that commits can be seen
   * @param port any free one, unless given
   */
  static async open(target: Target, { speaksPostgres = false, port = 0 } = {}): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: true }).listen(port, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server, target, speaksPostgres);
  }

  /** The same URL, by way of this proxy. */
  urlOf(url: string): string {
    const through = new URL(url);
    through.host = `127.0.0.1:${this.port}`;
    return through.href.replace(/\/$/, '');
  }

  /** Well again: everything passes. */
  async heal(): Promise<void> {
    this.cutRule = () => null;
    this.set({ up: PASS, down: PASS });
    for (const socket of this.swallowing) socket.resetAndDestroy();
    this.swallowing.clear();
    for (const link of this.links) if (link.up.lost || link.down.lost) this.reset(link);
    await this.accept();
  }

  /** Well again for those who connect anew; the connections that there are stay silent: a firewall forgot them. */
  healForNew(): void {
    this.flows = { up: PASS, down: PASS };
  }

  /** Every byte comes later, in its order. @param jitterMs at most so much more */
  delay(ms: number, jitterMs = 0, directions: readonly Direction[] = ['up', 'down']): void {
    const flow: Flow = { kind: 'delay', ms, jitterMs };
    this.set(Object.fromEntries(directions.map((direction) => [direction, flow])));
  }

  /** Connections are taken, and nothing comes out at the other end, either way. */
  blackHole(): void {
    this.set({ up: { kind: 'swallow' }, down: { kind: 'swallow' } });
  }

  /** One direction is dead, the other works. */
  halfOpen(dead: Direction): void {
    this.set({ up: PASS, down: PASS, [dead]: { kind: 'swallow' } });
  }

  /** Resets (RST) every connection there is. */
  resetAll(): void {
    for (const link of this.links) this.reset(link);
  }

  /** New connections are refused (ECONNREFUSED); those that are there go on. */
  async refuse(): Promise<void> {
    if (!this.accepts) return;
    this.accepts = false;
    this.server.close();
    if (this.server.listening) await once(this.server, 'close');
  }

  /** Cuts the connections whose commits the rule picks, until `heal`. */
  cutAtCommit(rule: CutRule): void {
    this.cutRule = rule;
  }

  async close(): Promise<void> {
    this.resetAll();
    for (const socket of this.swallowing) socket.destroy();
    if (!this.accepts) return;
    this.server.close();
    await once(this.server, 'close');
  }

  private set(flows: Partial<Record<Direction, Flow>>): void {
    this.flows = { ...this.flows, ...flows };
    for (const link of this.links) {
      link.up.flow = this.flows.up;
      link.down.flow = this.flows.down;
    }
  }

  private async accept(): Promise<void> {
    if (this.accepts) return;
    this.accepts = true;
    this.server = createServer({ allowHalfOpen: true });
    this.server.on('connection', (client: Socket) => this.take(client));
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  private take(client: Socket): void {
    client.on('error', () => undefined);
    if (this.flows.up.kind === 'swallow' && this.flows.down.kind === 'swallow') return this.swallow(client);
    const server = connect({ ...this.target, allowHalfOpen: true, noDelay: true });
    client.setNoDelay(true);
    const up = new Pipe(client, server, this.flows.up);
    const down = new Pipe(server, client, this.flows.down);
    const link: Link = { client, server, up, down, answerIsLost: false };
    this.links.add(link);
    client.on('data', (chunk: Buffer) => this.onUp?.(chunk));
    if (this.speaksPostgres) this.watchCommits(link);
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', () => other.resetAndDestroy());
      one.on('close', () => {
        this.links.delete(link);
        other.destroy();
      });
    }
  }

  /** A black hole answers the handshake and nothing else. */
  private swallow(client: Socket): void {
    this.swallowing.add(client);
    client.on('close', () => this.swallowing.delete(client)).resume();
  }

  private reset(link: Link): void {
    this.links.delete(link);
    link.client.resetAndDestroy();
    link.server.resetAndDestroy();
  }

  /** The server hears what came before the commit, and then that the client is gone. */
  private cutBefore(link: Link, before: Buffer): void {
    this.links.delete(link);
    link.server.end(before);
    link.client.removeAllListeners('close').resetAndDestroy();
  }

  private watchCommits(link: Link): void {
    const messages = new FrontendMessages();
    link.up.through = (chunk) => {
      const passed: Buffer[] = [];
      for (const { bytes, commits } of messages.push(chunk)) {
        const cut = commits && !link.answerIsLost ? this.cutRule() : null;
        if (cut !== null) this.cuts += 1;
        if (cut === 'before') {
          this.cutBefore(link, Buffer.concat(passed));
          return Buffer.alloc(0);
        }
        if (cut === 'after') link.answerIsLost = true;
        passed.push(bytes);
      }
      return Buffer.concat(passed);
    };
    link.down.through = (chunk) => {
      if (!link.answerIsLost) return chunk;
      if (ENDED.some((tag) => chunk.includes(tag))) this.reset(link);
      return Buffer.alloc(0);
    };
  }
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the fake does with a request: answers with a status, hangs until it is freed, or drops the connection. */
export type Manner = number | 'hang' | 'drop';

export interface Heard {
  readonly path: string;
  readonly key: string;
  readonly serviceKey: string | undefined;
  readonly type: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

const readBody = async (request: IncomingMessage): Promise<Record<string, unknown>> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>;
};

/** An AS-Call-Service that behaves as a test wants it to. */
export class FakeCallService {
  /** Everything heard, whatever was answered. */
  readonly heard: Heard[] = [];
  /** What was answered with 2xx, in that order. */
  readonly taken: Heard[] = [];
  /** How many requests were open at once, at most. */
  mostOpen = 0;
  manner: (heard: Heard) => Manner = () => 200;

  private open = 0;
  private readonly hanging: { readonly response: ServerResponse; readonly heard: Heard }[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<FakeCallService> {
    const server = createServer((request, response) => void fake.take(request, response));
    const fake = new FakeCallService(server);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** What was taken of one call, as paths, in order. */
  takenOf(callSid: string): string[] {
    return this.taken
      .filter(({ body }) => body['CallSid'] === callSid || body['callSid'] === callSid)
      .map(({ path }) => path);
  }

  /** Answers everything that hangs. */
  free(status: number): void {
    for (const { response, heard } of this.hanging.splice(0)) this.answer(response, heard, status);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.open += 1;
    this.mostOpen = Math.max(this.mostOpen, this.open);
    response.once('close', () => (this.open -= 1));
    const { headers, url = '' } = request;
    const heard: Heard = {
      path: url,
      key: String(headers['idempotency-key']),
      serviceKey: headers['x-service-key'] as string | undefined,
      type: headers['content-type'],
      body: await readBody(request),
    };
    this.heard.push(heard);
    const manner = this.manner(heard);
    if (manner === 'hang') this.hanging.push({ response, heard });
    else if (manner === 'drop') request.socket.destroy();
    else this.answer(response, heard, manner);
  }

  private answer(response: ServerResponse, heard: Heard, status: number): void {
    if (response.destroyed) return;
    if (status >= 200 && status < 300) this.taken.push(heard);
    response.writeHead(status).end('{}');
  }
}

import type { Socket } from 'node:net';

export type Flow =
  | { readonly kind: 'pass' }
  | { readonly kind: 'delay'; readonly ms: number; readonly jitterMs: number }
  | { readonly kind: 'swallow' };

/** One direction of a connection. Bytes keep their order, whatever delay each of them got. */
export class Pipe {
  flow: Flow;
  /** Whether bytes, or the end, were swallowed: the stream has a hole. */
  lost = false;
  /** What becomes of a chunk on its way. */
  through: (chunk: Buffer) => Buffer = (chunk) => chunk;

  private readonly from: Socket;
  private readonly to: Socket;
  private readonly waiting: { readonly at: number; readonly chunk: Buffer | null }[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, flow: Flow) {
    this.from = from;
    this.to = to;
    this.flow = flow;
    from.on('data', (chunk: Buffer) => this.take(chunk));
    from.on('end', () => this.take(null));
    from.on('close', () => clearTimeout(this.timer));
    to.on('drain', () => from.resume());
  }

  private take(chunk: Buffer | null): void {
    if (this.flow.kind === 'swallow') {
      this.lost = true;
      return;
    }
    const ms = this.flow.kind === 'delay' ? this.flow.ms + Math.random() * this.flow.jitterMs : 0;
    const at = Math.max(performance.now() + ms, this.waiting.at(-1)?.at ?? 0);
    if (ms === 0 && this.waiting.length === 0) return this.pass(chunk);
    this.waiting.push({ at, chunk });
    this.timer ??= setTimeout(() => this.release(), ms);
  }

  private release(): void {
    this.timer = undefined;
    for (let [first] = this.waiting; first !== undefined; [first] = this.waiting) {
      const waits = first.at - performance.now();
      if (waits > 0) {
        this.timer = setTimeout(() => this.release(), waits);
        return;
      }
      this.waiting.shift();
      this.pass(first.chunk);
    }
  }

  private pass(chunk: Buffer | null): void {
    if (this.to.destroyed) return;
    if (chunk === null) {
      this.to.end();
      return;
    }
    const passed = this.through(chunk);
    if (passed.length === 0 || this.to.destroyed) return;
    if (!this.to.write(passed)) this.from.pause();
  }
}

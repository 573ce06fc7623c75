import { open } from 'node:fs/promises';

/** A file's name is on disk once its folder is: its own sync is not enough. */
export const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

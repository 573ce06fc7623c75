import { Log, type Configuration } from '#libs/platform';

import type { Hub } from './hub.js';

/** Who is in the house beside the hub: the sandbox, when there is no Twilio account. */
export interface Guests {
  /** Says where everything is. */
  show(): Promise<void>;
  leave(): Promise<void>;
}

export const welcome = async (hub: Hub, settings: Configuration): Promise<Guests> => {
  hub.app.get(Log).info(`ready on port ${settings.PORT}`, { publicUrl: settings.publicUrl });
  return { show: () => Promise.resolve(), leave: () => Promise.resolve() };
};

import { createHmac } from 'node:crypto';

export type Params = Readonly<Record<string, string>>;

/** `X-Twilio-Signature`: HMAC-SHA1 over the URL (without its fragment) and the parameters sorted by name. */
export function sign(authToken: string, url: string, params: Params): string {
  const hmac = createHmac('sha1', authToken).update(withoutFragment(url));
  for (const key of Object.keys(params).sort()) hmac.update(key + (params[key] ?? ''));
  return hmac.digest('base64');
}

/** Twilio keeps `#rc=2…` connection overrides to itself: they are neither sent nor signed. */
export const withoutFragment = (url: string): string => url.split('#', 1).join('');

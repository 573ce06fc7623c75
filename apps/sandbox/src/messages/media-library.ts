import { newSid } from '../sids.js';

export interface StoredMedia {
  readonly contentType: string;
  readonly content: Buffer;
}

export interface AttachedMedia {
  readonly url: string;
  readonly contentType: string;
}

const MOST_MEDIA = 100;

const typesByExtension: Readonly<Record<string, string>> = {
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  mp4: 'video/mp4',
  mp3: 'audio/mpeg',
  pdf: 'application/pdf',
  vcf: 'text/vcard',
};

/** Pictures that customers sent: `data:` URLs are kept here and served as Twilio would, others are passed on. */
export class MediaLibrary {
  readonly #bySid = new Map<string, StoredMedia & { accountSid: string; messageSid: string }>();

  attach(accountSid: string, messageSid: string, mediaUrl: string): AttachedMedia {
    const [, contentType, base64] = /^data:([\w.+/-]+);base64,(.*)$/s.exec(mediaUrl) ?? [];
    if (contentType === undefined || base64 === undefined)
      return { url: mediaUrl, contentType: guessType(mediaUrl) };
    const sid = newSid('ME');
    this.#bySid.set(sid, { accountSid, messageSid, contentType, content: Buffer.from(base64, 'base64') });
    const [oldest] = this.#bySid.keys();
    if (this.#bySid.size > MOST_MEDIA && oldest) this.#bySid.delete(oldest);
    const path = `/2010-04-01/Accounts/${accountSid}/Messages/${messageSid}/Media/${sid}`;
    return { url: `https://api.twilio.com${path}`, contentType };
  }

  /** The SIDs and types of what is kept of a message. */
  of(accountSid: string, messageSid: string): { sid: string; contentType: string }[] {
    return [...this.#bySid].flatMap(([sid, media]) =>
      media.accountSid === accountSid && media.messageSid === messageSid
        ? [{ sid, contentType: media.contentType }]
        : [],
    );
  }

  find(accountSid: string, sid: string): StoredMedia | undefined {
    const media = this.#bySid.get(sid);
    return media?.accountSid === accountSid ? media : undefined;
  }
}

const guessType = (url: string): string =>
  typesByExtension[/\.(\w+)(?:\?.*)?$/.exec(url)?.[1]?.toLowerCase() ?? ''] ?? 'image/jpeg';

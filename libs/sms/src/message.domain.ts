export type Author = 'customer' | 'human' | 'ai' | 'system';

export type Purpose =
  'reply' | 'text-back' | 'opt-out-confirmation' | 'help' | 'holding' | 'emergency' | 'scheduled' | 'relay';

export type MessageStatus =
  | 'received'
  | 'queued'
  | 'sending'
  | 'accepted'
  | 'sent'
  | 'delivered'
  | 'undelivered'
  | 'failed'
  | 'held'
  | 'canceled'
  | 'suppressed';

/** What a customer's text asks of us before anybody reads it. */
export type Wish = 'stop' | 'start' | 'help' | 'opt-out' | 'ambiguous' | null;

/** Wishes whose text takes no step of its conversation: it has no other answer begun. */
export const TAKE_NO_STEP: readonly string[] = ['help', 'start'];

/** Statuses only climb: callbacks come in any order, and a final status stays (Twilio's message status path). */
const RANK: Readonly<Record<MessageStatus, number>> = {
  queued: 0,
  held: 1,
  sending: 1,
  accepted: 2,
  sent: 3,
  delivered: 9,
  undelivered: 9,
  failed: 9,
  canceled: 9,
  suppressed: 9,
  received: 9,
};

/** Twilio's words for our statuses; an unknown word changes nothing. */
const MEANING: Readonly<Record<string, MessageStatus>> = {
  accepted: 'accepted',
  scheduled: 'accepted',
  queued: 'accepted',
  sending: 'accepted',
  sent: 'sent',
  delivered: 'delivered',
  read: 'delivered',
  partially_delivered: 'delivered',
  undelivered: 'undelivered',
  failed: 'failed',
  canceled: 'canceled',
};

/** Our status for Twilio's word; null when we do not know it. */
export const meaningOf = (twilioStatus: string): MessageStatus | null => MEANING[twilioStatus] ?? null;

/** Whether nothing is expected after it. */
export const isFinal = (status: MessageStatus): boolean => RANK[status] === 9;

/** Whether a message in one status may go to another. */
export const climbs = (from: MessageStatus, to: MessageStatus): boolean => RANK[to] > RANK[from];

/** GSM 03.38 basic set and its extension table (3GPP TS 23.038); an extension character takes two places. */
const GSM = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
const EXTENDED = new Set('^{}\\[~]|€\f');

/** How many segments a body is sent in: 160 or 153 GSM-7 characters, 70 or 67 UCS-2 units each. */
export const segmentsOf = (body: string): number => {
  const characters = [...body];
  const plain = characters.every((character) => GSM.has(character) || EXTENDED.has(character));
  const length = plain
    ? characters.length + characters.filter((one) => EXTENDED.has(one)).length
    : body.length;
  const [alone, joined] = plain ? [160, 153] : [70, 67];
  return length <= alone ? 1 : Math.ceil(length / joined);
};

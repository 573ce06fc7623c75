/**
 * Where the hub may call and text. Numbers are taken when they are possible E.164 (ITU-T E.164: a plus, a
 * country code, 15 digits at most); what may be reached is a list of prefixes, not a library's idea of validity.
 */
const E164 = /^\+[1-9]\d{6,14}$/;

/** Premium, shared-cost, satellite and international-network ranges (ITU-T E.164 Annex, NANP 900 and 976). */
const NEVER = ['+1900', '+1976', '+870', '+878', '+881', '+882', '+883', '+888', '+979', '+1500', '+1700'];

/**
 * Area codes of +1 outside the United States and Canada (NANPA): Caribbean and Pacific countries that share the
 * prefix but not the price. Reached only when the operator lists them, such as `+1876`.
 */
const CARIBBEAN =
  '242 246 264 268 284 345 441 473 649 658 664 721 758 767 784 809 829 849 868 869 876 671 670 684 340'.split(
    ' ',
  );

const EMERGENCY = new Set([
  '911',
  '112',
  '999',
  '933',
  '988',
  '000',
  '110',
  '118',
  '119',
  '+1911',
  '+1112',
  '+1988',
  '+1933',
]);

/** Twilio's stand-ins for callers who withhold their number, and the words carriers send. */
const ANONYMOUS = new Set([
  '+266696687',
  '+7378742833',
  '+2562533',
  '+8566696',
  '+8656696',
  '+86282452253',
  'anonymous',
  'restricted',
  'unknown',
  'unavailable',
  'blocked',
  '',
]);

/** Whether a text is a possible E.164 number. */
export const isE164 = (text: string): boolean => E164.test(text);

/** Whether a text is a number that emergency services answer. */
export const isEmergencyNumber = (text: string): boolean => EMERGENCY.has(text);

/** Whether a caller withheld the number: nobody to text. */
export const isAnonymous = (from: string): boolean => ANONYMOUS.has(from.trim().toLowerCase());

/** Whether somebody at this number can be texted at all: a withheld, short or worded sender cannot. */
export const isTextable = (from: string): boolean => !isAnonymous(from) && isE164(from);

/**
 * Whether the hub may reach a number.
 * @param allowed prefixes, such as `['+1', '+44']`; one longer than `+1` opens a range that `+1` alone does not
 */
export const isAllowedDestination = (number: string, allowed: readonly string[]): boolean => {
  if (!isE164(number) || isEmergencyNumber(number)) return false;
  if (NEVER.some((prefix) => number.startsWith(prefix))) return false;
  const fitting = allowed.filter((prefix) => number.startsWith(prefix));
  const shared = number.startsWith('+1') && CARIBBEAN.includes(number.slice(2, 5));
  return shared ? fitting.some((prefix) => prefix.length >= 5) : fitting.length > 0;
};

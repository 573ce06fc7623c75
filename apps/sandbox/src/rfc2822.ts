/** A moment (epoch milliseconds) as Twilio writes it: `Thu, 12 Feb 2026 11:48:25 +0000`. */
export const rfc2822 = (at: number): string => new Date(at).toUTCString().replace('GMT', '+0000');

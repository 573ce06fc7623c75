const NUMBER = /\+?\d[\d\s().-]{6,}\d/g;

/** Hides all but the last two digits of every phone number in a text: logs never hold a whole one. */
export const maskNumbers = (text: string): string =>
  text.replace(NUMBER, (match) => {
    const digits = match.replace(/\D/g, '');
    return digits.length < 7 || digits.length > 15 ? match : `***${digits.slice(-2)}`;
  });

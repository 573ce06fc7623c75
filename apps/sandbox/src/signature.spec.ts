import { describe, expect, it } from '@jest/globals';
import { sign, withoutFragment } from './signature.js';

const params = {
  To: '+18005551212',
  CallSid: 'CA1234567890ABCDE',
  Digits: '1234',
  Caller: '+14158675309',
  From: '+14158675309',
};

describe('the signature', () => {
  it.each([
    ['https://mycompany.com/myapp.php?foo=1&bar=2', 'RSOYDt4T1cUTdK1PDd93/VVr8B8='],
    ['https://mycompany.com:443/myapp.php?foo=1&bar=2', 'kvajT1Ptam85bY51eRf/AJRuM3w='],
    ['https://mycompany.com:1234/myapp.php?foo=1&bar=2', 'CYn1h0gLBdNxDGkKJg6hYohgeD8='],
  ])("is Twilio's for %s", (url, signature) => {
    expect(sign('12345', url, params)).toBe(signature);
  });

  it('leaves the connection overrides behind the # out', () => {
    const url = 'https://mycompany.com/myapp.php?foo=1&bar=2';
    expect(sign('12345', `${url}#rc=2&rp=all`, params)).toBe(sign('12345', url, params));
    expect(withoutFragment(`${url}#rc=2`)).toBe(url);
  });
});

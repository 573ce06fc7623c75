import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  randomBytes,
  type KeyObject,
} from 'node:crypto';

import { Injectable } from '@nestjs/common';

/** The 32 bytes that seal everything at rest; found or made before the application starts. */
export class SealingKey {
  constructor(readonly bytes: Buffer) {}
}

/**
 * Seals secrets at rest: AES-256-GCM, 12-byte random nonce, the purpose as associated data, so a sealed
 * value cannot be moved to another place. Layout: key id (4 bytes), nonce, tag (16), ciphertext; base64.
 */
@Injectable()
export class Sealer {
  private readonly keyId: Buffer;
  /** A key that is made once is used five times as fast. */
  private readonly secret: KeyObject;

  constructor(key: SealingKey) {
    this.secret = createSecretKey(key.bytes);
    this.keyId = createHash('sha256').update('key-id').update(key.bytes).digest().subarray(0, 4);
  }

  /** @param purpose where the value lives, such as `twilio_accounts.auth_token:AC…` */
  seal(plain: string | Buffer, purpose: string): string {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.secret, nonce).setAAD(Buffer.from(purpose));
    const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
    return Buffer.concat([this.keyId, nonce, cipher.getAuthTag(), sealed]).toString('base64');
  }

  /** @throws when the value was sealed by another key, for another purpose, or was changed. */
  open(sealed: string, purpose: string): Buffer {
    const bytes = Buffer.from(sealed, 'base64');
    if (!bytes.subarray(0, 4).equals(this.keyId)) {
      throw new Error(
        `${purpose} was sealed with another ENCRYPTION_KEY. Start with the key that sealed it.`,
      );
    }
    const decipher = createDecipheriv('aes-256-gcm', this.secret, bytes.subarray(4, 16))
      .setAAD(Buffer.from(purpose))
      .setAuthTag(bytes.subarray(16, 32));
    return Buffer.concat([decipher.update(bytes.subarray(32)), decipher.final()]);
  }

  /** A message authentication code (HMAC-SHA-256, 16 bytes, base64url) over a text, bound to a purpose. */
  mac(text: string, purpose: string): string {
    return createHmac('sha256', this.secret)
      .update(`${purpose}\n${text}`)
      .digest()
      .subarray(0, 16)
      .toString('base64url');
  }
}

import { sign } from 'node:crypto';

import { type TemporaryUrlOptions } from 'nestjs-downloadview';
import { S3Storage } from 'nestjs-downloadview/s3';

const SPELLINGS: Record<string, string> = { '+': '-', '=': '_', '/': '~' };

/** CloudFront in front of the bucket: redirect() sends clients there. */
export class CloudFrontStorage extends S3Storage {
  domain = 'd111111abcdef8.cloudfront.net';
  keyPairId = process.env.CLOUDFRONT_KEY_PAIR_ID ?? '';
  privateKey = process.env.CLOUDFRONT_PRIVATE_KEY ?? '';

  async temporaryUrl(key: string, options: TemporaryUrlOptions) {
    const ofBucket = new URL(await super.temporaryUrl(key, options));
    const url = new URL(ofBucket.pathname, `https://${this.domain}`);
    for (const part of ['disposition', 'type']) {
      const name = `response-content-${part}`;
      const value = ofBucket.searchParams.get(name);
      if (value !== null) url.searchParams.set(name, value);
    }
    const Resource = url.href.replaceAll('+', '%20');
    const expires = Math.floor(Date.now() / 1000) + options.expiresIn;
    const Condition = { DateLessThan: { 'AWS:EpochTime': expires } };
    const policy = JSON.stringify({ Statement: [{ Resource, Condition }] });
    const signature = sign('RSA-SHA1', Buffer.from(policy), this.privateKey)
      .toString('base64')
      .replace(/[+=/]/g, (character) => SPELLINGS[character] ?? '');
    const mark = url.search === '' ? '?' : '&';
    return `${Resource}${mark}Expires=${expires}&Signature=${signature}&Key-Pair-Id=${this.keyPairId}`;
  }
}

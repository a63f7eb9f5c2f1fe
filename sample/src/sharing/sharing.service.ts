import { BadRequestException, Injectable } from '@nestjs/common';
import { UrlSigner } from 'nestjs-downloadview';
import { type LimitedLink, LimitedLinks } from 'nestjs-downloadview/typeorm';

import { type Document } from '../documents/document.entity.js';

const HOUR = 3600;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

/** Seconds. */
const TERMS = new Map([
  ['hour', HOUR],
  ['day', DAY],
  ['week', WEEK],
  ['once', WEEK],
]);

/** A link as it is shown, once: whoever has it gets the document. */
export interface SharedLink {
  /** The path; the page makes an address of it. */
  readonly url: string;
  readonly expiresAt: Date;
  /** What was chosen: one of TERMS; with `once` it works for one download. */
  readonly term: string;
}

@Injectable()
export class SharingService {
  constructor(
    private readonly signer: UrlSigner,
    private readonly limited: LimitedLinks,
  ) {}

  async share(document: Document, term: string): Promise<SharedLink> {
    const expiresIn = TERMS.get(term);
    if (expiresIn === undefined) {
      throw new BadRequestException('Choose how long the link works.');
    }
    const expiresAt = new Date(Date.now() + expiresIn * 1000);
    const url =
      term === 'once'
        ? await this.#countedLink(document, expiresIn)
        : this.#signedLink(document, expiresIn);
    return { url, expiresAt, term };
  }

  /** The links that are counted, and can be taken back. Nothing is kept of those that are only signed. */
  list({ id }: Document): Promise<LimitedLink[]> {
    return this.limited.list(String(id));
  }

  async revoke(document: Document, linkId: string): Promise<void> {
    const link = await this.limited.find(linkId);
    if (link?.subject === String(document.id)) {
      await this.limited.revoke(linkId);
    }
  }

  #signedLink({ id, slug }: Document, expiresIn: number): string {
    return this.signer.sign(`/shared/${id}/${slug}`, { expiresIn });
  }

  async #countedLink(
    { id, name }: Document,
    expiresIn: number,
  ): Promise<string> {
    const { url } = await this.limited.create({
      path: '/once/:link',
      subject: String(id),
      basename: name,
      maxUses: 1,
      expiresIn,
    });
    return url;
  }
}

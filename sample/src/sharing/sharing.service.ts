import { BadRequestException, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import {
  type LimitedLink,
  LimitedLinks,
  type LimitedLinkUse,
} from 'nestjs-downloadview/typeorm';
import { Repository } from 'typeorm';

import { type Document } from '../documents/document.entity.js';
import { LinkMessage } from './link-message.entity.js';

const HOUR = 3600;
const DAY = 24 * HOUR;

/** Seconds. */
const TERMS = new Map([
  ['hour', HOUR],
  ['day', DAY],
  ['week', 7 * DAY],
  ['month', 30 * DAY],
]);

/** How many people may use a link; null for any number. */
const USES = new Map([
  ['1', 1],
  ['5', 5],
  ['any', null],
]);

type Value = string | string[];

/** What the form of the dialog says. */
export interface ShareForm {
  readonly uses?: Value;
  readonly term?: Value;
  readonly label?: Value;
  /** Whoever gets the link sees these. */
  readonly sender?: Value;
  readonly message?: Value;
}

/** A link as it is shown, once: whoever has it gets the document. */
export interface SharedLink {
  /** The path; the page makes an address of it. */
  readonly url: string;
  readonly link: LimitedLink;
}

export interface ListedLink {
  readonly link: LimitedLink;
  readonly lastUse?: LimitedLinkUse;
}

/** Links for people who are not to see the rest: they are counted, and can be taken back. */
@Injectable()
export class SharingService {
  constructor(
    private readonly links: LimitedLinks,
    @InjectRepository(LinkMessage)
    private readonly messages: Repository<LinkMessage>,
  ) {}

  async share(
    { id, name }: Document,
    { uses, term, label, sender, message }: ShareForm,
  ): Promise<SharedLink> {
    const maxUses = USES.get(String(uses));
    const expiresIn = TERMS.get(String(term));
    if (maxUses === undefined || expiresIn === undefined) {
      throw new BadRequestException(
        'Choose how often the link works, and how long.',
      );
    }
    const shared = await this.links.create({
      path: '/links/:link',
      subject: String(id),
      basename: name,
      maxUses,
      expiresIn,
      note: entered(label, 100),
      creator: entered(sender, 100),
    });
    const text = entered(message, 1000);
    if (text) await this.messages.insert({ link: shared.link.id, text });
    return shared;
  }

  /** What is said to those who get the link. */
  async messageOf({ id }: LimitedLink): Promise<string | undefined> {
    return (await this.messages.findOneBy({ link: id }))?.text;
  }

  /** The newest first. */
  async list({ id }: Document): Promise<ListedLink[]> {
    const links = await this.links.list(String(id));
    return Promise.all(
      links.map(async (link) => {
        const uses = link.used ? this.links.uses(link.id, { take: 1 }) : [];
        return { link, lastUse: (await uses).at(0) };
      }),
    );
  }

  async revoke(document: Document, linkId: string): Promise<void> {
    const link = await this.links.find(linkId);
    if (link?.subject === String(document.id)) await this.links.revoke(linkId);
  }
}

/** What somebody has filled in, if anything. */
function entered(value: Value = '', longest: number): string | undefined {
  const text = String(value).replaceAll('\0', '').trim();
  return text.slice(0, longest) || undefined;
}

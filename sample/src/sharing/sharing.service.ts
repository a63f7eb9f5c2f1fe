import { BadRequestException, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type DownloadFile, FileNotFoundError } from 'nestjs-downloadview';
import {
  LimitedLink,
  LimitedLinks,
  type LimitedLinkUse,
} from 'nestjs-downloadview/typeorm';
import { Like, Repository } from 'typeorm';

import { type Document } from '../documents/document.entity.js';
import { DocumentsService } from '../documents/documents.service.js';
import { zipOf } from '../documents/documents-zip.js';
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

/** A link as it is shown, once: whoever has it gets what it leads to. */
export interface SharedLink {
  /** The path; the page makes an address of it. */
  readonly url: string;
  readonly link: LimitedLink;
}

export interface ListedLink {
  readonly link: LimitedLink;
  /** How many documents it leads to. */
  readonly count: number;
  readonly lastUse?: LimitedLinkUse;
}

/** Links for people who are not to see the rest: they are counted, and can be taken back. */
@Injectable()
export class SharingService {
  constructor(
    private readonly documents: DocumentsService,
    private readonly links: LimitedLinks,
    @InjectRepository(LimitedLink)
    private readonly rows: Repository<LimitedLink>,
    @InjectRepository(LinkMessage)
    private readonly messages: Repository<LinkMessage>,
  ) {}

  async share(
    documents: readonly Document[],
    { uses, term, label, sender, message }: ShareForm,
  ): Promise<SharedLink> {
    const maxUses = USES.get(String(uses));
    const expiresIn = TERMS.get(String(term));
    if (maxUses === undefined || expiresIn === undefined) {
      throw new BadRequestException(
        'Choose how often the link works, and how long.',
      );
    }
    const subject = subjectOf(documents);
    if (subject.length > 255) {
      throw new BadRequestException('Share fewer documents at once.');
    }
    const shared = await this.links.create({
      path: '/links/:link',
      subject,
      basename: documents.length === 1 ? documents[0].name : undefined,
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

  /**
   * What a link leads to, as far as it is still there.
   *
   * @throws FileNotFoundError where nothing of it is
   */
  async documentsOf({ subject }: LimitedLink): Promise<Document[]> {
    const documents = await this.documents.findByIds(idsIn(subject));
    if (documents.length) return documents;
    throw new FileNotFoundError('What was shared was deleted');
  }

  /** The file of a document, or a ZIP file of several. */
  async fileOf(link: LimitedLink): Promise<DownloadFile> {
    const documents = await this.documentsOf(link);
    return this.isSelection(link) ? zipOf(documents) : documents[0].file;
  }

  /** Whether it was made for several, however many of them are left. */
  isSelection({ subject }: LimitedLink): boolean {
    return subject.startsWith(',');
  }

  /** The links to these, and those to a selection that one alone is in; the newest first. */
  async list(documents: readonly Document[]): Promise<ListedLink[]> {
    const subject = subjectOf(documents);
    const links = await this.rows.find({
      where: [{ subject }, { subject: Like(`%,${subject},%`) }],
      order: { createdAt: 'DESC', id: 'ASC' },
    });
    return Promise.all(
      links.map(async (link) => {
        const uses = link.used ? this.links.uses(link.id, { take: 1 }) : [];
        const count = idsIn(link.subject).length;
        return { link, count, lastUse: (await uses).at(0) };
      }),
    );
  }

  async revoke(documents: readonly Document[], linkId: string): Promise<void> {
    const link = await this.links.find(linkId);
    const ids = idsIn(link?.subject ?? '');
    if (documents.every(({ id }) => ids.includes(id))) {
      await this.links.revoke(linkId);
    }
  }
}

/** What a link is for: the id of a document, or those of a selection, as `,9,5,`. */
function subjectOf(documents: readonly Document[]): string {
  const ids = documents.map(({ id }) => id).join(',');
  return documents.length === 1 ? ids : `,${ids},`;
}

function idsIn(subject: string): number[] {
  return subject.split(',').filter(Boolean).map(Number);
}

/** What somebody has filled in, if anything. */
function entered(value: Value = '', longest: number): string | undefined {
  const text = String(value).replaceAll('\0', '').trim();
  return text.slice(0, longest) || undefined;
}

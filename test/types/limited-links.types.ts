// Compiled by `npm run typecheck`, and never run: what applications write must compile under `strict`.

import { Controller } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import {
  ContentFile,
  type DownloadFile,
  type DownloadRequest,
  LocalFile,
} from 'nestjs-downloadview';
import {
  CreateLimitedLinks1790000000000,
  limitedLinkMigrations,
  type CreatedLimitedLink,
  type LimitedLink,
  LimitedLinkDownloadController,
  limitedLinkEntities,
  type LimitedLinkPage,
  type LimitedLinks,
  type LimitedLinkEvent,
  type LimitedLinkList,
  LimitedLinksModule,
  type LimitedLinkUse,
} from 'nestjs-downloadview/typeorm';
import { DataSource, type MigrationInterface } from 'typeorm';

// ---- A controller: hooks with or without promises

@Controller('shared/:link')
class SharedController extends LimitedLinkDownloadController {
  override confirm = false;

  override getSharedFile({ subject }: LimitedLink): LocalFile {
    return new LocalFile(subject, { root: '/srv' });
  }

  override getClient(request: DownloadRequest): string | undefined {
    return request.headers['x-device']?.toString();
  }
}

class AskingController extends LimitedLinkDownloadController {
  async getSharedFile(
    link: LimitedLink,
    request: DownloadRequest,
  ): Promise<DownloadFile> {
    await Promise.resolve(request.url);
    return new ContentFile(link.basename ?? '', { name: 'a.txt' });
  }

  override getConfirm(_link: LimitedLink, request: DownloadRequest): boolean {
    return request.headers.accept?.includes('text/html') ?? false;
  }

  override getPage({ name, size, link }: LimitedLinkPage): string {
    return `${name} ${size ?? 0} ${link.expiresAt?.toISOString() ?? ''}`;
  }
}

AskingController.asController('asked/:link', { confirm: true });
// @ts-expect-error -- it is true or false
SharedController.asController('asked/:link', { confirm: 'yes' });
// @ts-expect-error -- which file a link is for has to be said
class NoFileController extends LimitedLinkDownloadController {}

// ---- Links

export async function share(links: LimitedLinks): Promise<string> {
  const path = '/shared/:link';
  await links.create({ path, subject: '1', maxUses: null, expiresIn: 60 });
  // @ts-expect-error -- what it is for has to be said
  await links.create({ path });
  // @ts-expect-error -- there is no such option
  await links.create({ path, subject: '1', uses: 1 });
  const created: CreatedLimitedLink = await links.create({
    path,
    subject: '1',
  });
  const state: 'open' | 'used-up' | 'revoked' | 'expired' = created.link.state;
  return (await links.revoke(created.id)) ? created.url : state;
}

// ---- The module, and the database

LimitedLinksModule.forRoot();
LimitedLinksModule.forRoot({
  dataSource: getDataSourceToken('links'),
  grantLifetime: 600,
  checkInterval: 1,
});
new DataSource({
  type: 'sqljs',
  entities: [...limitedLinkEntities],
  migrations: [...limitedLinkMigrations],
});
export const migration: MigrationInterface =
  new CreateLimitedLinks1790000000000();
export const controllers = [SharedController, NoFileController];

// ---- Their administration

export async function administrate(links: LimitedLinks): Promise<void> {
  const ofSubject: LimitedLink[] = await links.list('5');
  const some: LimitedLinkList = await links.list({ creator: 'ada', take: 10 });
  // @ts-expect-error -- a link is open, or over
  await links.list({ state: 'alive' });
  const uses: LimitedLinkUse[] = await links.uses(some.links[0]?.id ?? '');
  const revoked: number = await links.revokeAll({ creator: 'ada' });
  links.events.subscribe(({ type, link, use }: LimitedLinkEvent) =>
    console.log(type, link.note, use, ofSubject, uses, revoked),
  );
}

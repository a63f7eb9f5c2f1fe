import { resolve } from 'node:path';

import {
  type CanActivate,
  Controller,
  Delete,
  type ExecutionContext,
  Module,
  Param,
  Post,
  UseGuards,
} from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  DownloadModule,
  type DownloadRequest,
  FileSystemStorage,
  StorageFile,
} from 'nestjs-downloadview';
import {
  type LimitedLink,
  LimitedLinkDownloadController,
  limitedLinkEntities,
  limitedLinkMigrations,
  LimitedLinks,
  LimitedLinksModule,
} from 'nestjs-downloadview/typeorm';

type StaffRequest = DownloadRequest & { user?: { isStaff: boolean } };

@Controller('once/:link')
export class OnceController extends LimitedLinkDownloadController {
  getSharedFile({ subject }: LimitedLink) {
    return new StorageFile(this.storages.get(), subject);
  }
}

/** In place of your own: who passes it can share every file of the storage. */
class StaffGuard implements CanActivate {
  canActivate(context: ExecutionContext) {
    const request = context.switchToHttp().getRequest<StaffRequest>();
    return request.user?.isStaff === true;
  }
}

@Controller('shares')
@UseGuards(StaffGuard)
export class ShareController {
  constructor(private readonly links: LimitedLinks) {}

  @Post(':key')
  async share(@Param('key') key: string) {
    const { id, url } = await this.links.create({
      path: '/once/:link', // of the controller above, global prefix included
      subject: key, // what the link is for, in your own words
      maxUses: 1, // 1 by default; null for any number
      expiresIn: 86_400, // seconds; never by default
    });
    return { id, url };
  }

  @Delete(':id')
  revoke(@Param('id') id: string) {
    return this.links.revoke(id);
  }
}

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'sqljs', // or any other database
      entities: limitedLinkEntities, // [Document, ...limitedLinkEntities]
      migrations: limitedLinkMigrations,
      migrationsRun: true,
    }),
    DownloadModule.forRoot({
      signing: { secrets: [process.env.LINK_SECRET ?? ''] },
      storages: { default: new FileSystemStorage({ root: resolve('media') }) },
    }),
    LimitedLinksModule.forRoot(),
  ],
  controllers: [OnceController, ShareController],
})
export class SharesModule {}

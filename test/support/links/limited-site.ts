import { randomBytes } from 'node:crypto';

import { Controller } from '@nestjs/common';
import { TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm';
import {
  type CompletionsOptions,
  type DownloadBackend,
  type DownloadModuleOptions,
  type DownloadRequest,
  FileNotFoundError,
  FileSystemStorage,
  StorageFile,
} from 'nestjs-downloadview';
import {
  type CreatedLimitedLink,
  type LimitedLink,
  limitedLinkEntities,
  LimitedLinkDownloadController,
  LimitedLinkGrant,
  type LimitedLinkOptions,
  LimitedLinks,
  LimitedLinksModule,
  type LimitedLinksModuleOptions,
} from 'nestjs-downloadview/typeorm';
import { DataSource } from 'typeorm';

import {
  type Adapter,
  type ApplicationParts,
  type RunningApplication,
  startApplication,
} from '../application.js';
import { type Exchanged, exchangesOf } from '../clients/exchanges.js';
import { SIGNING } from './links.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../files/temporary-directory.js';

/** The subject whose file is not there. */
export const MISSING = 'missing.bin';

/** The page first. */
@Controller('shared/:link')
export class SharedController extends LimitedLinkDownloadController {
  getSharedFile({ subject }: LimitedLink) {
    if (subject === MISSING) throw new FileNotFoundError('It is gone');
    return new StorageFile(this.storages.get(), subject);
  }
}

/** The file at once. */
@Controller('direct/:link')
export class DirectController extends SharedController {
  confirm = false;

  getClient(request: DownloadRequest) {
    // So that a test may come from another address.
    const from = request.headers['x-address'];
    return super.getClient(
      from
        ? { ...request, ip: String(from), headers: request.headers }
        : request,
    );
  }
}

export interface LimitedParts extends ApplicationParts {
  readonly root: string;
  readonly database?: TypeOrmModuleOptions;
  readonly backend?: DownloadBackend;
  readonly completions?: CompletionsOptions;
  readonly intercept?: DownloadModuleOptions['intercept'];
  readonly links?: LimitedLinksModuleOptions;
}

/** What an application with limited links to the files of a directory is made of. */
export function limitedParts({
  root,
  database = { type: 'sqljs' },
  backend,
  completions,
  intercept,
  links,
  controllers = [],
  imports = [],
  ...parts
}: LimitedParts): ApplicationParts {
  return {
    ...parts,
    options: {
      signing: SIGNING,
      storages: { default: new FileSystemStorage({ root }) },
      ...(backend && { backend }),
      ...(completions && { completions }),
      ...(intercept && { intercept }),
    },
    imports: [
      TypeOrmModule.forRoot({
        synchronize: true,
        ...database,
        entities: limitedLinkEntities,
        logging: false,
        retryAttempts: 0,
      }),
      LimitedLinksModule.forRoot(links),
      ...imports,
    ],
    controllers: [SharedController, DirectController, ...controllers],
  };
}

/** An application with limited links to a file of its own. */
export interface LimitedSite {
  readonly running: RunningApplication;
  readonly origin: string;
  readonly directory: TemporaryDirectory;
  readonly bytes: Buffer;
  readonly links: LimitedLinks;
  readonly exchanged: Exchanged[];
  /** A link of the direct form to the file, unless the options say otherwise. */
  share(options?: Partial<LimitedLinkOptions>): Promise<CreatedLimitedLink>;
  used(id: string): Promise<number | undefined>;
  grants(linkId: string): Promise<LimitedLinkGrant[]>;
  /** Where a client may write; fresh for every test. */
  target(): string;
  stop(): Promise<void>;
}

export async function startLimitedSite(
  adapter: Adapter,
  { size = 100_000, ...parts }: Partial<LimitedParts> & { size?: number } = {},
): Promise<LimitedSite> {
  const directory = await temporaryDirectory();
  const bytes = randomBytes(size);
  await directory.write('file.bin', bytes);
  const running = await startApplication(
    adapter,
    limitedParts({ root: directory.path, ...parts }),
  );
  const links = running.app.get(LimitedLinks);
  let targets = 0;
  return {
    running,
    origin: running.origin,
    directory,
    bytes,
    links,
    exchanged: exchangesOf(running.app),
    share: (options) =>
      links.create({ path: '/direct/:link', subject: 'file.bin', ...options }),
    used: async (id) => (await links.find(id))?.used,
    grants: (linkId) =>
      running.app
        .get(DataSource)
        .getRepository(LimitedLinkGrant)
        .findBy({ linkId }),
    target: () => `${directory.path}/target-${(targets += 1)}`,
    async stop() {
      await running.close();
      await directory.remove();
    },
  };
}

import { describe, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  Inject,
  Injectable,
  type INestApplication,
  type OnModuleInit,
} from '@nestjs/common';
import {
  boundToIp,
  DownloadStorages,
  FileSystemStorage,
  InvalidOptionsError,
  SignedUrl,
  signedUrls,
  StorageDownloadController,
  UrlSigner,
} from 'nestjs-downloadview';

import {
  type Adapter,
  ADAPTERS,
  type ApplicationParts,
  createApplication,
} from '../../support/application.js';
import { bootError } from '../../support/boot-error.js';
import { SECRET, SIGNING } from '../../support/links/links.js';
import { LogLines } from '../../support/log-lines.js';

@Controller('handlers')
class HandlerController {
  @Get()
  @SignedUrl()
  handler() {
    return 'never';
  }
}

const MediaController = StorageDownloadController.asController('media/*path', {
  decorators: [SignedUrl()],
});
const storage = () =>
  signedUrls(new FileSystemStorage({ root: '/srv', baseUrl: '/media/' }));

describe.each(ADAPTERS)('signed links at boot on %s', (adapter) => {
  it.each<[string, ApplicationParts]>([
    ['a handler with @SignedUrl()', { controllers: [HandlerController] }],
    [
      'a controller with @SignedUrl()',
      {
        controllers: [MediaController],
        options: {
          storages: {
            default: new FileSystemStorage({ root: '/srv' }),
          },
        },
      },
    ],
    [
      'a storage with signed URLs',
      { options: { storages: { media: storage() } } },
    ],
  ])('need secrets for %s', async (_, parts) => {
    const error = await bootError(adapter, parts);
    expect(error).toBeInstanceOf(InvalidOptionsError);
    expect(error.message).toContain('"signing"');
    expect(error.message).toContain('secrets: [');
  });

  it('need DownloadModule', async () => {
    const error = await bootError(adapter, {
      downloadModule: class NoModule {},
      controllers: [HandlerController],
    });
    expect(error.message).toContain('UrlSigner');
  });

  it('need long secrets, and do not show short ones', async () => {
    const secret = SECRET.slice(1);
    const error = await bootError(adapter, {
      options: { signing: { secrets: [SECRET, secret] } },
    });
    expect(error.message).toContain('"signing.secrets[1]"');
    expect(error.message).toContain('31 bytes');
    expect(error.stack).not.toContain(secret);
  });

  it('are there for whoever boots with the module', async () => {
    const urls: (string | undefined)[] = [];

    @Injectable()
    class EarlyProvider implements OnModuleInit {
      @Inject(DownloadStorages) private readonly storages!: DownloadStorages;

      onModuleInit(): void {
        urls.push(this.storages.get('media').url?.('a.txt'));
      }
    }

    const media = storage();
    expect(() => media.url?.('a.txt')).toThrow(InvalidOptionsError);
    await booted(adapter, {
      options: { signing: SIGNING, storages: { media } },
      providers: [EarlyProvider],
    });
    expect(urls).toEqual([expect.stringContaining('/media/a.txt?expires=')]);
  });

  it('may go without secrets where nothing is signed, until something is', async () => {
    const app = await createApplication(adapter, {});
    await app.init();
    const signer = app.get(UrlSigner);
    expect(() => signer.sign('/a')).toThrow(InvalidOptionsError);
    expect(() => signer.verify('/a')).toThrow(InvalidOptionsError);
    await app.close();
  });
});

describe('a link that is bound to an address', () => {
  @Controller('addressed')
  class AddressedController {
    @Get()
    @SignedUrl({ boundTo: boundToIp })
    addressed() {
      return 'here';
    }
  }

  const warnings = async (
    adapter: Adapter,
    parts: ApplicationParts = {},
    configure?: (app: INestApplication) => void,
  ) => {
    const log = new LogLines();
    await booted(
      adapter,
      { options: { signing: SIGNING }, ...parts },
      (app) => {
        app.useLogger(log);
        configure?.(app);
      },
    );
    return log.of('warn').join();
  };

  const controllers = [AddressedController];

  it('has a warning at boot on Express that trusts no proxy', async () => {
    const warning = await warnings('express', { controllers });
    expect(warning).toContain('AddressedController');
    expect(warning).toContain("app.set('trust proxy'");
  });

  it('has none where Express trusts one', async () => {
    const warning = await warnings('express', { controllers }, (app) => {
      const express = app.getHttpAdapter().getInstance() as {
        set(name: string, value: unknown): void;
      };
      express.set('trust proxy', 'loopback');
    });
    expect(warning).not.toContain('trust proxy');
  });

  it('has a warning at boot on Fastify that trusts no proxy', async () => {
    const warning = await warnings('fastify', { controllers });
    expect(warning).toContain('AddressedController');
    expect(warning).toContain('new FastifyAdapter({ trustProxy:');
  });

  it('has none where nothing is bound', async () => {
    expect(
      await warnings('express', { controllers: [HandlerController] }),
    ).not.toContain('trust proxy');
    expect(
      await warnings('fastify', { controllers: [HandlerController] }),
    ).toBe('');
  });
});

async function booted(
  adapter: Adapter,
  parts: ApplicationParts,
  configure?: (app: INestApplication) => void,
): Promise<void> {
  const app = await createApplication(adapter, parts);
  configure?.(app);
  await app.init();
  await app.close();
}

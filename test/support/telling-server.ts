import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmod } from 'node:fs/promises';

import {
  type CompletionsOptions,
  type DownloadBackend,
} from 'nestjs-downloadview';

import { type TemporaryDirectory } from './files/temporary-directory.js';

/** A backend whose printed configuration has the server say what it has sent. */
export function telling(
  backend: DownloadBackend,
  completions: CompletionsOptions,
): DownloadBackend {
  return {
    ...backend,
    serverConfig: (options) =>
      backend.serverConfig?.({ ...options, completions }) ?? '',
  };
}

/** A log that every server may write to, whoever it runs as. */
export async function completionsLog(
  directory: TemporaryDirectory,
): Promise<string> {
  const file = await directory.write('completions.log', '');
  await chmod(file, 0o666);
  return file;
}

/** Where nobody listens for datagrams. */
export async function freeAddress(): Promise<string> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return `127.0.0.1:${port}`;
}

/** A backend after whose decision something else happens, before the server looks at the file. */
export function interrupted(
  backend: DownloadBackend,
  happens: () => Promise<unknown> | undefined,
): DownloadBackend {
  return {
    ...backend,
    proxy: async (...given) => {
      const proxied = await backend.proxy(...given);
      await happens();
      return proxied;
    },
  };
}

import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createApplication, portOf } from './application.js';
import { backend } from './backend.js';
import { InternalLine } from './break-it/internal-line.js';
import { start } from './proxies/start.js';
import { webServers } from './proxies/web-server.js';
import { letWorkersIn, workerUser } from './proxies/worker-user.js';

/** Runs the application with a web server in front that sends the files, until told to stop. */
async function runBehind(name: string): Promise<void> {
  const server = webServers.get(name);
  if (!server) {
    const known = [...webServers.keys()].join(', ');
    throw new Error(
      `Which web server? npm run proxy -- NAME, one of: ${known}.`,
    );
  }
  const signals = ['SIGINT', 'SIGTERM'].map((signal) => once(process, signal));
  const directory = await mkdtemp(join(tmpdir(), 'document-library-'));
  // Where the server says what became of the files that it was handed.
  const completions = { file: join(directory, 'downloads.log') };
  process.env.DOWNLOAD_LOG = completions.file;
  process.env.DOWNLOAD_BACKEND = name;
  // All that comes here comes through the server, which says from whom.
  process.env.TRUST_PROXY ||= 'loopback';
  const app = await createApplication();
  try {
    await app.listen(0, '127.0.0.1');
    await letWorkersIn(directory);

    const upstream = `127.0.0.1:${await portOf(app)}`;
    const port = process.env.PROXY_PORT || 8080;
    // Where links lead, and where the health check finds the web server.
    process.env.PUBLIC_URL ||= `http://127.0.0.1:${port}`;
    const configuration = join(directory, `${name}.conf`);
    const text = backend().serverConfig?.({
      upstream,
      listen: `127.0.0.1:${port}`,
      user: workerUser,
      directory,
      completions,
    });
    const whole = `${text}\n${server.addition ?? ''}\n`;
    await writeFile(configuration, whole);

    const child = await start(server, configuration);
    if (name === 'nginx') {
      const nginx = { child, path: configuration, text: whole };
      app.get(InternalLine).nginx = nginx;
    }
    const exited = once(child, 'exit');
    console.log(`Application: http://${upstream}`);
    console.log(`Document library behind ${name}: http://localhost:${port}`);

    const died = exited.then(() => {
      throw new Error(`${name} has stopped by itself.`);
    });
    await Promise.race([...signals, died]);
    child.kill();
    await exited;
  } finally {
    await app.close();
    await rm(directory, { recursive: true });
  }
}

try {
  await runBehind(process.argv[2] ?? '');
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

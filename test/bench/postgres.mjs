import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import '../support/typescript-loader.mjs';

const { findProgram, installCommand } = await import('../support/programs.ts');
const { startPostgres: start } =
  await import('../support/databases/postgres.ts');

/** Why there is no PostgreSQL, if there is none. */
export function whyNoPostgres() {
  return findProgram('initdb') === undefined
    ? `PostgreSQL is not installed (\`${installCommand('initdb')}\`)`
    : undefined;
}

/** Runs a PostgreSQL that does not outlive this process. */
export async function startPostgres() {
  const cluster = await start();
  const directory = cluster.connection.host;
  const kill = () => {
    const file = readFileSync(join(directory, 'data/postmaster.pid'), 'utf8');
    process.kill(Number.parseInt(file, 10), 'SIGQUIT');
    rmSync(directory, { recursive: true, force: true });
  };
  process.once('exit', kill);
  return {
    connection: cluster.connection,
    async stop() {
      process.off('exit', kill);
      await cluster.stop();
    },
  };
}

import { type ServerPlace } from './servers/web-server.js';

/**
 * A configuration of nginx as somebody has it who has a server block already, and puts in what was printed with
 * `include`.
 *
 * @param further for the http block
 */
export function aroundIncluded(
  printed: string,
  { listen, directory, user }: ServerPlace,
  further = 'access_log off;',
): string {
  // What belongs into the http block is said in comments before all else.
  const [first = '', ...rest] = printed.split('\n\n');
  const isOfHttp = first.startsWith('#');
  const httpLines = isOfHttp ? first.split('\n').slice(1) : [];
  return `
${user ? `user ${user};` : ''}
worker_processes 1;
pid ${directory}/nginx.pid;
events {}
http {
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${directory}/${kind};`)
    .join('\n  ')}
  ${httpLines.map((line) => line.slice(2)).join('\n  ')}
  ${further}
  server {
    listen ${listen};
    ${(isOfHttp ? rest : [first, ...rest]).join('\n\n')}
  }
}`;
}
